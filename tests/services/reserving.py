"""Reserves posts in a process of its own, at a moment that does not pass, and prints
the window of each: `python -m tests.services.reserving URL NUMBER`."""

import json
import sys

from django.conf import settings

NOW, RATE = 1000.0, 500.0
REGION = "eu-reserving-1"


def main() -> None:
    url, number = sys.argv[1], int(sys.argv[2])
    backend = "django.core.cache.backends.redis.RedisCache"
    settings.configure(CACHES={"default": {"BACKEND": backend, "LOCATION": url}})
    from wsrouter.delivery.shared_limit import SharedLimit
    from wsrouter.delivery.token_bucket import TokenBucket
    from wsrouter.wiring.shared_posts import counter

    limit = SharedLimit(
        TokenBucket(1_000_000), RATE, counter("default", REGION), clock=lambda: NOW
    )
    waits = [limit.reserve(60.0) for _ in range(number)]
    print(json.dumps([round((wait or 0.0) * 10) for wait in waits]))  # noqa: T201


if __name__ == "__main__":
    main()
