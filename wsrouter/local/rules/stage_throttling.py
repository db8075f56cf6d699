"""The throttling settings of a stage: how many requests it lets pass."""

import time
from dataclasses import dataclass, field

from wsrouter.catalog.snapshot import RouteSettings, Stage


@dataclass(slots=True)
class _TokenBucket:
    """`rate` is in tokens per second, `burst` the size of the bucket."""

    rate: float
    burst: float
    tokens: float = field(init=False)
    filled_at: float = field(default_factory=time.monotonic)

    def __post_init__(self) -> None:
        self.tokens = self.burst

    def take(self) -> bool:
        now = time.monotonic()
        refilled = self.tokens + (now - self.filled_at) * self.rate
        self.tokens = min(self.burst, refilled)
        self.filled_at = now
        if self.tokens < 1:
            return False
        self.tokens -= 1
        return True


class StageThrottle:
    """Token buckets: one for each route that has its own settings, one for the rest.

    A limit of zero refuses everything, as on AWS.
    """

    def __init__(self) -> None:
        self._buckets: dict[tuple[str, RouteSettings], _TokenBucket] = {}

    def allows(self, stage: Stage, route_key: str) -> bool:
        """Whether one more request to that route passes now; takes a token if so."""
        has_own_bucket = route_key in stage.route_settings
        settings = stage.route_settings.get(route_key, stage.default_route_settings)
        rate, burst = settings.throttling_rate_limit, settings.throttling_burst_limit
        if rate is None and burst is None:
            return True
        bucket_key = (route_key if has_own_bucket else "", settings)
        if bucket_key not in self._buckets:
            size = rate if burst is None else burst
            self._buckets[bucket_key] = _TokenBucket(rate or 0, size or 0)
        return self._buckets[bucket_key].take()
