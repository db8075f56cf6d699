"""Settings of the processes that send and work. The test sets the environment variables
that say where things are."""

import os

import django

BY_TASKS = os.environ["SERVICES_ENGINE"] == "tasks"
SECRET_KEY = "a key for tests"
INSTALLED_APPS = [
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "wsrouter",
    "tests.services.apps.Services",
    *(["django_tasks"] if BY_TASKS and django.VERSION < (6, 0) else []),
    *(["django_tasks_db"] if BY_TASKS else []),
]
DATABASES = {
    "default": {
        "ENGINE": "django.db.backends.sqlite3",
        "NAME": os.environ["SERVICES_DATABASE"],
        "OPTIONS": {"timeout": 60, "transaction_mode": "IMMEDIATE"},
    }
}
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"
USE_TZ = True
ROOT_URLCONF = "tests.services.urls"
ALLOWED_HOSTS = ["testserver"]
TASKS = {"default": {"BACKEND": "django_tasks_db.DatabaseBackend"}}
WSROUTER = {
    "default": {
        "SECRET": "0123456789abcdef0123456789abcdef",
        "ROUTER": "tests.services.ws.router",
        "REGION": "eu-west-1",
        "MANAGEMENT_ENDPOINT": os.environ["SERVICES_ENDPOINT"],
        "BACKGROUND": os.environ["SERVICES_ENGINE"],
        "IN_FLIGHT": 20,
        "SLICE_RECIPIENTS": 1000,
    }
}
