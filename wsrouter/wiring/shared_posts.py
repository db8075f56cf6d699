"""The limit of posts of a gateway, which processes keep together by a cache where
`SHARED_POSTS_PER_SECOND` is set."""

from functools import cache
from typing import Any

from django.core.cache import caches

from wsrouter.conf import ConfigurationError
from wsrouter.delivery.ports import Bucket
from wsrouter.delivery.shared_limit import Count, SharedLimit
from wsrouter.options.gateway import Gateway
from wsrouter.setting_caches import cleared_by
from wsrouter.wiring import counting_caches

KEPT_SECONDS = 180
"""A window's count is kept for longer than a slice of a send may plan ahead."""


def limit(gateway: Gateway, local: Bucket) -> Bucket:
    """The limit of the process, and that of all processes where there is one."""
    if not gateway.shared_posts_per_second:
        return local
    count = counter(gateway.shared_cache, gateway.region)
    return SharedLimit(local, gateway.shared_posts_per_second, count)


@cleared_by("CACHES")
@cache
def counter(alias: str, region: str) -> Count:
    """Counts the posts of a Region in a cache. Raises ConfigurationError for a cache
    that several processes cannot count in."""
    if why := counting_caches.problem(alias):
        raise ConfigurationError(
            f"SHARED_CACHE: posts cannot be counted in the cache {alias!r}: {why}."
            f" {counting_caches.HINT}."
        )

    def count(window: int, posts: int) -> int:
        shared: Any = caches[alias]
        key = f"wsrouter:posts:{region}:{window}"
        shared.add(key, 0, KEPT_SECONDS)
        return int(shared.incr(key, posts))

    return count
