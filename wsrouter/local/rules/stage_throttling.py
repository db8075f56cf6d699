"""How many requests a stage takes, by its settings."""

import time
from dataclasses import dataclass, field

from wsrouter.catalog.snapshot import RouteSettings, Stage


@dataclass(slots=True)
class _Bucket:
    rate: float
    burst: float
    left: float = field(init=False)
    filled_at: float = field(default_factory=time.monotonic)

    def __post_init__(self) -> None:
        self.left = self.burst

    def take(self) -> bool:
        now = time.monotonic()
        self.left = min(self.burst, self.left + (now - self.filled_at) * self.rate)
        self.filled_at = now
        if self.left < 1:
            return False
        self.left -= 1
        return True


class Throttle:
    """Token buckets: one for each route with settings of its own, one for the others.

    Zero is a figure too: it lets nothing pass.
    """

    def __init__(self) -> None:
        self._buckets: dict[tuple[str, RouteSettings], _Bucket] = {}

    def takes(self, stage: Stage, route_key: str) -> bool:
        """Whether one more request to that route passes now."""
        own = route_key in stage.route_settings
        settings = stage.route_settings.get(route_key, stage.default_route_settings)
        rate, burst = settings.throttling_rate_limit, settings.throttling_burst_limit
        if rate is None and burst is None:
            return True
        place = (route_key if own else "", settings)
        if place not in self._buckets:
            most = rate if burst is None else burst
            self._buckets[place] = _Bucket(rate or 0, most or 0)
        return self._buckets[place].take()
