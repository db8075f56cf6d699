"""A Django project that a server runs; where its database and sockets are is in the
environment."""

import os

SECRET_KEY = "a key for tests"
ALLOWED_HOSTS = ["127.0.0.1"]
INSTALLED_APPS = [
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "wsrouter",
]
WSGI_APPLICATION = os.environ["SITE_APPLICATION"]
MIDDLEWARE = [
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
]
ROOT_URLCONF = "tests.servers.urls"
DATABASES = {
    "default": {
        "ENGINE": "django.db.backends.sqlite3",
        "NAME": os.environ["SITE_DATABASE"],
        "OPTIONS": {"timeout": 20, "transaction_mode": "IMMEDIATE"},
    }
}
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"
USE_TZ = True
WSROUTER = {
    "default": {
        "SECRET": "0123456789abcdef0123456789abcdef",
        "ROUTER": "tests.servers.handlers.router",
        "REGION": "eu-west-1",
        "MANAGEMENT_ENDPOINT": os.environ["SITE_SOCKETS"],
        "IN_FLIGHT": int(os.environ.get("SITE_IN_FLIGHT", "4")),
    }
}
