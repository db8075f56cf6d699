"""How long a send goes on trying."""

import random
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from wsrouter.delivery.ports import Fate, Posted, Recipient

HANDSHAKE_GRACE = timedelta(seconds=30)
"""API Gateway answers 410 until the handshake is done, which may take the 29 s of an
integration's time-out; a row younger than this is not taken for dead."""
HANDSHAKE_DELAYS = (0.2, 0.4)
"""Most handshakes are done by then; whoever is not is told in the report."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Patience:
    """`seconds` for everything; `attempts` for each recipient, with full jitter: any
    moment up to a delay that doubles from `first` to `longest`."""

    seconds: float
    attempts: int = 6
    first: float = 0.2
    longest: float = 3.0
    random: Callable[[], float] = random.random

    def delay(self, recipient: Recipient, number: int, posted: Posted) -> float | None:
        """Seconds until the next attempt; None when this one was the last."""
        if posted.fate is Fate.GONE:
            tried_out = number > len(HANDSHAKE_DELAYS) or not is_young(recipient)
            return None if tried_out else HANDSHAKE_DELAYS[number - 1]
        if not posted.again or number >= self.attempts:
            return None
        return self.random() * min(self.longest, self.first * 2.0 ** (number - 1))


def is_young(recipient: Recipient) -> bool:
    """Whether its handshake may still be under way."""
    return datetime.now(UTC) - recipient.stored_at < HANDSHAKE_GRACE
