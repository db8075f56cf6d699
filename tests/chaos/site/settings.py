"""Settings of every process of a run: those of tests/faults, with a cache in Redis and
a task engine. `FAULTS_BROKER` names the broker of this process."""

import os

from tests.faults.site.settings import *  # noqa: F403
from tests.faults.site.settings import INSTALLED_APPS, WSROUTER

INSTALLED_APPS += ["tests.chaos.site.apps.Chaos"]
ROOT_URLCONF = "tests.faults.site.urls"
CACHES = {
    "default": {
        "BACKEND": "django.core.cache.backends.redis.RedisCache",
        "LOCATION": f"{os.environ['CHAOS_REDIS']}/1",
        "OPTIONS": {"socket_timeout": 10, "socket_connect_timeout": 5},
    }
}
WSROUTER["default"] |= {
    "ROUTER": "tests.chaos.site.ws.router",
    "BACKGROUND": "celery",
    "SEND_RECIPIENTS": 50,
    "SLICE_RECIPIENTS": 40,
    "POSTS_PER_SECOND": 100,
    "SEND_SECONDS": 10,
}
