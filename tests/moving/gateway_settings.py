"""The settings with which `ws_local` serves the published API, beside the project: they
stay, whatever step the project has come to."""

import os

SECRET_KEY = "for a test"
DEBUG = True
INSTALLED_APPS = [
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "wsrouter",
]
ROOT_URLCONF = "wsrouter.urls"
DATABASES = {"default": {"ENGINE": "django.db.backends.sqlite3", "NAME": ":memory:"}}
WSROUTER = {
    "default": {
        "API_ID": os.environ["API_ID"],
        "ENDPOINT": f"http://127.0.0.1:{os.environ['SITE_PORT']}/wsrouter/",
        "REGION": "eu-west-1",
        "SECRET": os.environ["WSROUTER_SECRET"],
    }
}
