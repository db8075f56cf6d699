"""Settings for a trial on a laptop."""

import os
from pathlib import Path

BASE_DIR = Path(__file__).resolve().parent.parent

SECRET_KEY = "only for this example"
DEBUG = True
ALLOWED_HOSTS = ["127.0.0.1", "localhost"]

INSTALLED_APPS = [
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "wsrouter",
    "farm",
]
MIDDLEWARE = ["django.middleware.common.CommonMiddleware"]
ROOT_URLCONF = "project.urls"
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
TIME_ZONE = "UTC"
USE_TZ = True

# Where the page is: another site than Django, so no cookie of Django reaches it.
PAGE_ORIGIN = os.environ.get("EXAMPLE_PAGE_ORIGIN", "http://localhost:8080")

WSROUTER = {
    "default": {
        "API_NAME": "dashboard",
        "ENDPOINT": "https://www.example.com/ws/",
        "SECRET": "example-secret-0123456789abcdef-0123456789abcdef",
        "REGION": "eu-west-1",
        "ALLOWED_ORIGINS": [PAGE_ORIGIN],
    },
}

# Files in a folder are the broker of a trial: "redis://localhost:6379" for a real one.
CELERY_BROKER_URL = os.environ.get("CELERY_BROKER_URL", "filesystem://")
if CELERY_BROKER_URL == "filesystem://":
    QUEUE = Path(os.environ.get("EXAMPLE_QUEUE", BASE_DIR / "queue"))
    CELERY_BROKER_TRANSPORT_OPTIONS = {
        "data_folder_in": QUEUE / "tasks",
        "data_folder_out": QUEUE / "tasks",
        "control_folder": QUEUE / "control",
    }
CELERY_BEAT_SCHEDULE = {
    "measure": {
        "task": "farm.tasks.measure",
        "schedule": 1.0,
        "options": {"expires": 5},  # a worker that was away need not catch up
    }
}
CELERY_TASK_IGNORE_RESULT = True
