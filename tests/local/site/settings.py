"""Settings of a Django project that `ws_local` starts as a user would."""

import os

from tests.project.settings import *  # noqa: F403

DEBUG = True
DATABASES = {
    "default": {
        "ENGINE": "django.db.backends.sqlite3",
        "NAME": os.environ["WSROUTER_TEST_SITE_DATABASE"],
        "OPTIONS": {
            "timeout": 20,
            "transaction_mode": "IMMEDIATE",
            "init_command": "PRAGMA journal_mode=WAL; PRAGMA synchronous=NORMAL;",
        },
    }
}
WSROUTER = {
    "default": {
        "API_NAME": "site",
        "ENDPOINT": "https://www.example.com/ws/",
        "SECRET": "any-text-will-do",
        "REGION": "eu-west-1",
        "ROUTER": "tests.local.site.handlers.router",
    }
}
