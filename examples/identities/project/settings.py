"""Settings for a trial on a laptop."""

import os
from pathlib import Path

BASE_DIR = Path(__file__).resolve().parent.parent

SECRET_KEY = "only for this example, and long enough for its tokens"
DEBUG = True
ALLOWED_HOSTS = ["127.0.0.1", "localhost"]

INSTALLED_APPS = [
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.staticfiles",
    "wsrouter",
    "accounts",
]
MIDDLEWARE = [
    "django.middleware.security.SecurityMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
]
TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "APP_DIRS": True,
    },
]
ROOT_URLCONF = "project.urls"
LOGIN_URL = "login"
LOGIN_REDIRECT_URL = "page"
LOGOUT_REDIRECT_URL = "login"
STATIC_URL = "static/"
DATABASES = {
    "default": {
        "ENGINE": "django.db.backends.sqlite3",
        "NAME": os.environ.get("EXAMPLE_DATABASE", BASE_DIR / "db.sqlite3"),
        "OPTIONS": {
            "timeout": 20,
            "transaction_mode": "IMMEDIATE",
            "init_command": "PRAGMA journal_mode=WAL; PRAGMA synchronous=NORMAL;",
        },
    },
}
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"
USE_TZ = True

COMMON = {"REGION": "eu-west-1", "ROUTER": "accounts.ws.router"}
WSROUTER = {
    # Pages with Django's session, and apps with tickets.
    "default": COMMON
    | {
        "API_NAME": "identities",
        "ENDPOINT": "https://www.example.com/ws/",
        "SECRET": "example-secret-0123456789abcdef-0123456789abcdef",
    },
    # Devices that a Lambda function identifies.
    "devices": COMMON
    | {
        "API_NAME": "identities-devices",
        "ENDPOINT": "https://www.example.com/ws/",
        "SECRET": "another-secret-0123456789abcdef-0123456789abcdef",
        "AUTHORIZER": {
            "FUNCTION": "arn:aws:lambda:eu-west-1:123456789012:function:let-devices-in",
            "IDENTITY": ["route.request.querystring.serial"],
            "USER": "accounts.devices.user_of_device",
        },
        # The principal once more, under a name that clients cannot guess: see
        # AUTHORIZER in the reference of settings.
        "HEADERS": {
            "Principal-5d0f8b1e6c2a49f7a3c1": "context.authorizer.principalId",
        },
    },
}
