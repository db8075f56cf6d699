"""Counts calls in Django's cache, in fixed windows."""

import hashlib
import time

from django.core.cache import cache

from wsrouter.routing.throttle import Rate


class CacheCounter:
    """A counter shared by every process that shares the default cache."""

    def hit(self, key: str, rate: Rate) -> float:
        """Seconds to wait until the next call is allowed; 0 when this one is."""
        window, passed = divmod(time.time(), rate.seconds)
        name = hashlib.sha256(f"{key}:{window}".encode()).hexdigest()
        if self._count(f"wsrouter:throttle:{name}", rate.seconds) <= rate.limit:
            return 0
        return rate.seconds - passed

    def _count(self, name: str, seconds: int) -> int:
        cache.add(name, 0, timeout=seconds + 1)
        try:
            return cache.incr(name)
        except ValueError:  # it expired in between
            cache.add(name, 1, timeout=seconds + 1)
            return 1
