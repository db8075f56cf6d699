"""Settings of an ordinary project; the database comes from the tests."""

import os

SECRET_KEY = "a key for tests"
DEBUG = True
ALLOWED_HOSTS = ["127.0.0.1"]
INSTALLED_APPS = [
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "wsrouter",
    "room",
]
MIDDLEWARE = [
    "django.middleware.security.SecurityMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
]
ROOT_URLCONF = "room.urls"
DATABASES = {
    "default": {
        "ENGINE": "django.db.backends.sqlite3",
        "NAME": os.environ["ROOM_DATABASE"],
        "OPTIONS": {
            "timeout": 20,
            "transaction_mode": "IMMEDIATE",
            "init_command": "PRAGMA journal_mode=WAL; PRAGMA synchronous=NORMAL;",
        },
    }
}
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"
USE_TZ = True
FORCE_SCRIPT_NAME = os.environ.get("ROOM_SCRIPT_NAME")
WSROUTER = {
    "default": {
        "API_NAME": "room",
        "ENDPOINT": "https://room.example.com/ws/",
        "SECRET": "0123456789abcdef0123456789abcdef0123456789abcdef",
        "REGION": "eu-west-1",
    }
}
