"""Settings of every process of the run, which says in the environment where the
database, the gateway and Django are."""

import os

from tests import databases

SECRET_KEY = "a key for tests"
ALLOWED_HOSTS = ["127.0.0.1"]
INSTALLED_APPS = [
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "wsrouter",
    "tests.faults.site.apps.Site",
]
MIDDLEWARE = [
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
]
ROOT_URLCONF = "tests.faults.site.urls"
DATABASES = databases.settings()["DATABASES"]
DATABASES["default"]["NAME"] = os.environ["FAULTS_DATABASE"]
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"
USE_TZ = True
WSROUTER = {
    "default": {
        "API_NAME": "faults",
        "ENDPOINT": f"{os.environ['FAULTS_SITE']}/ws/",
        "MANAGEMENT_ENDPOINT": os.environ["FAULTS_GATEWAY"],
        "SECRET": "0123456789abcdef0123456789abcdef0123456789abcdef",
        "REGION": "eu-west-1",
        "ROUTER": "tests.faults.site.ws.router",
        "SEND_SECONDS": 4,
    }
}
LOGGING = {
    "version": 1,
    "disable_existing_loggers": False,
    "formatters": {"dated": {"format": "%(asctime)s %(name)s %(message)s"}},
    "handlers": {"console": {"class": "logging.StreamHandler", "formatter": "dated"}},
    "root": {"handlers": ["console"], "level": "WARNING"},
}
