"""Settings of the project whose handshakes are measured: PostgreSQL as
docs/howto/deploy.md has it, the middleware of a new project, and the sessions that
BENCH_SESSIONS names."""

import os
from typing import Any

from tests import databases
from tests.benchmarks.site.settings import *  # noqa: F403
from tests.services.engines import REDIS

NAME = os.environ["BENCH_DATABASE"]
ROOT_URLCONF = "tests.benchmarks.storms.urls"
_SERVER = databases.settings()["DATABASES"]["default"]
OPTIONS: dict[str, Any] = _SERVER.get("OPTIONS", {}) | {
    "server_side_binding": True,
    "prepare_threshold": 5,
}
DATABASES = {
    "default": _SERVER | {"NAME": NAME, "CONN_MAX_AGE": None, "OPTIONS": OPTIONS}
}
if os.environ.get("BENCH_POOL"):
    # Under ASGI Django needs a thread for each request, which cannot keep a connection.
    OPTIONS["pool"] = {"min_size": 8, "max_size": 16, "timeout": 60}
    DATABASES["default"]["CONN_MAX_AGE"] = 0
CACHES = {
    "default": {
        "BACKEND": "django.core.cache.backends.redis.RedisCache",
        "LOCATION": REDIS,
        "KEY_PREFIX": NAME,
    }
}
SESSION_ENGINE = (
    f"django.contrib.sessions.backends.{os.environ.get('BENCH_SESSIONS', 'cached_db')}"
)
WEBSOCKETS = {"token_expiry_seconds": 3600}
"""The rival's: its tokens have to last for as long as the storm does."""
