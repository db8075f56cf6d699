"""Settings of the Django project whose messages are measured."""

import importlib.util
import os

SECRET_KEY = "a key for benchmarks"
SECRET = "0123456789abcdef0123456789abcdef"
ALLOWED_HOSTS = ["www.example.com"]
INSTALLED_APPS = [
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "wsrouter",
]
HAS_RIVAL = bool(importlib.util.find_spec("django_aws_api_gateway_websockets"))
HAS_NINJA = bool(importlib.util.find_spec("ninja"))
HAS_CHANNELS = bool(importlib.util.find_spec("channels"))
if HAS_RIVAL:
    INSTALLED_APPS.append("django_aws_api_gateway_websockets")
MIDDLEWARE = [
    "django.middleware.security.SecurityMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
]
ROOT_URLCONF = "tests.benchmarks.site.urls"
DATABASES = {
    "default": {
        "ENGINE": "django.db.backends.sqlite3",
        "NAME": os.environ.get("BENCH_DATABASE", ":memory:"),
        "CONN_MAX_AGE": None,
    }
}
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"
USE_TZ = True
AWS_REGION_NAME = "eu-west-1"
AWS_IAM_PROFILE = ""
WSROUTER = {
    "default": {
        "SECRET": SECRET,
        "ROUTER": "tests.benchmarks.site.handlers.router",
        "REGION": "eu-west-1",
    }
}
