"""One socket of a client, from its first attempt to its end."""

from dataclasses import dataclass, field

NEVER = float("inf")
ANSWER_SECONDS = 30.0
"""API Gateway waits 29 s for the endpoint, so an answer may come as late."""


@dataclass(eq=False, kw_only=True, slots=True)
class Socket:
    """Times are those of the protocol's clock.

    `pending` are the ids of calls that wait for their answers over this socket,
    `repeating` those of subscriptions that have had none over it yet. `unclear_until`:
    until then, an error of API Gateway may be about a message that waits for no answer
    any more. A socket that was replaced ends between `retire_at` and `limit`. Streams
    were asked for at `asked_at`, and `is_asking` until that is answered.
    """

    attempt_ends: float
    opened_at: float = 0.0
    received_at: float = 0.0
    hand_over_at: float = NEVER
    unclear_until: float = 0.0
    probe_ends: float = NEVER
    probes: int = 0
    retire_at: float = NEVER
    limit: float = NEVER
    asked_at: float = 0.0
    is_asking: bool = False
    is_open: bool = False
    pending: set[str] = field(default_factory=set)
    repeating: set[str] = field(default_factory=set)
