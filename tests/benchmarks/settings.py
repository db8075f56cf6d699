"""Settings of the Django project that is measured: ours and the rival side by side."""

import importlib.util
import os

SECRET_KEY = "a key for benchmarks"
ALLOWED_HOSTS = ["*"]
INSTALLED_APPS = [
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "wsrouter",
]
if importlib.util.find_spec("django_aws_api_gateway_websockets"):
    INSTALLED_APPS.append("django_aws_api_gateway_websockets")
DATABASES = {
    "default": {
        "ENGINE": "django.db.backends.sqlite3",
        "NAME": os.environ.get("BENCH_DATABASE", ":memory:"),
    }
}
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"
USE_TZ = True
AWS_REGION_NAME = "eu-west-1"
AWS_IAM_PROFILE = ""
WSROUTER = {
    "default": {
        "ROUTER": "tests.benchmarks.events.router",
        "REGION": "eu-west-1",
        "MANAGEMENT_ENDPOINT": os.environ.get("BENCH_ENDPOINT", "http://127.0.0.1:1/p"),
        "TRANSPORT": os.environ.get("BENCH_TRANSPORT", "threads"),
        "IN_FLIGHT": int(os.environ.get("BENCH_IN_FLIGHT", "100")),
        "POSTS_PER_SECOND": int(os.environ.get("BENCH_POSTS_PER_SECOND", "1000000")),
        "SEND_RECIPIENTS": 10_000_000,
        "SEND_SECONDS": 25,
    }
}
