"""Settings of the processes that send and work, on PostgreSQL; posts are counted
together in Redis where BENCH_SHARED_POSTS_PER_SECOND says how many."""

import os

from tests import databases
from tests.benchmarks.settings import *  # noqa: F403
from tests.benchmarks.settings import WSROUTER
from tests.services.engines import REDIS

NAME = os.environ["BENCH_DATABASE"]
INSTALLED_APPS = [
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "wsrouter",
    "tests.benchmarks.workers.apps.Workers",
]
DATABASES = {"default": databases.settings()["DATABASES"]["default"] | {"NAME": NAME}}
CACHES = {
    "default": {
        "BACKEND": "django.core.cache.backends.redis.RedisCache",
        "LOCATION": REDIS,
        "KEY_PREFIX": NAME,
    }
}
WSROUTER["default"] |= {"BACKGROUND": "celery", "SEND_RECIPIENTS": 1000}
if shared := int(os.environ.get("BENCH_SHARED_POSTS_PER_SECOND", "0")):
    WSROUTER["default"]["SHARED_POSTS_PER_SECOND"] = shared
