"""How long a send retries."""

import random
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from wsrouter.delivery.ports import PostResult, PostStatus, Recipient

HANDSHAKE_GRACE = timedelta(seconds=30)
"""API Gateway answers 410 until the handshake is done (AWS re:Post,
"410-gone-api-gateway"), which may take the 29 s of an integration's time-out
("Quotas for configuring and running a WebSocket API in API Gateway"). A row younger
than this is not assumed to be dead."""
HANDSHAKE_DELAYS_SECONDS = (0.2, 0.4)
"""Most handshakes are done by then; the report counts the others as failed."""


@dataclass(frozen=True, kw_only=True, slots=True)
class RetryPolicy:
    """`seconds` limits the whole send, `attempts` the posts to each recipient. The
    delay before a retry has full jitter: it is a random part of a limit that doubles
    from `first_delay` to `longest_delay`, in seconds."""

    seconds: float
    attempts: int = 6
    first_delay: float = 0.2
    longest_delay: float = 3.0
    random: Callable[[], float] = random.random

    def delay(
        self, recipient: Recipient, number: int, result: PostResult
    ) -> float | None:
        """Seconds until the next attempt; None when attempt `number` was the last."""
        if result.status is PostStatus.GONE:
            is_last = number > len(HANDSHAKE_DELAYS_SECONDS) or not is_young(recipient)
            return None if is_last else HANDSHAKE_DELAYS_SECONDS[number - 1]
        if not result.retryable or number >= self.attempts:
            return None
        limit = min(self.longest_delay, self.first_delay * 2.0 ** (number - 1))
        return self.random() * limit


def is_young(recipient: Recipient) -> bool:
    """Whether its handshake may still be under way."""
    return datetime.now(UTC) - recipient.stored_at < HANDSHAKE_GRACE
