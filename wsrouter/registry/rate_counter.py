"""Counts calls in Django's default cache, in fixed windows of time."""

import hashlib
import time

from django.core.cache import cache

from wsrouter.routing.throttle import Rate


class CacheCounter:
    """A counter that all processes with the same default cache share."""

    def hit(self, key: str, rate: Rate) -> float:
        """Count a call. Returns 0 when it is allowed, else the seconds to wait until
        the next one is."""
        window, passed = divmod(time.time(), rate.seconds)
        name = hashlib.sha256(f"{key}:{window}".encode()).hexdigest()
        if self._count(f"wsrouter:throttle:{name}", rate.seconds) <= rate.limit:
            return 0
        return rate.seconds - passed

    def _count(self, name: str, seconds: int) -> int:
        cache.add(name, 0, timeout=seconds + 1)
        try:
            return cache.incr(name)
        except ValueError:  # the key expired after `add`
            cache.add(name, 1, timeout=seconds + 1)
            return 1
