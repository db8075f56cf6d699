"""The waits between attempts."""

from collections.abc import Callable
from dataclasses import dataclass

from wsrouter.client.options import Options


@dataclass(kw_only=True, slots=True)
class Backoff:
    """Full jitter: each wait is drawn between 0 and a bound that doubles, so that the
    clients of a gateway that was down do not come back at once. It never gives up."""

    options: Options
    random: Callable[[], float]
    failures: int = 0

    def next_wait(self) -> float:
        """In seconds; counts a failure."""
        bound = self.options.backoff_base * 2.0 ** min(self.failures, 64)
        self.failures += 1
        return self.random() * min(self.options.backoff_cap, bound)

    def reset(self) -> None:
        self.failures = 0
