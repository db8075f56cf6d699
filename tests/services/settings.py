"""Settings of the processes that send and work: where things are, the test says."""

import os

SECRET_KEY = "a key for tests"
INSTALLED_APPS = [
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "wsrouter",
]
DATABASES = {
    "default": {
        "ENGINE": "django.db.backends.sqlite3",
        "NAME": os.environ["SERVICES_DATABASE"],
        "OPTIONS": {"timeout": 20, "transaction_mode": "IMMEDIATE"},
    }
}
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"
USE_TZ = True
WSROUTER = {
    "default": {
        "ROUTER": "tests.services.app.router",
        "REGION": "eu-west-1",
        "MANAGEMENT_ENDPOINT": os.environ["SERVICES_ENDPOINT"],
        "BACKGROUND": "celery",
        "IN_FLIGHT": 20,
        "SLICE_RECIPIENTS": 1000,
    }
}
