"""The numbers of a client."""

from dataclasses import dataclass


@dataclass(frozen=True, kw_only=True, slots=True)
class Options:
    """Seconds, unless a name says otherwise. The defaults fit API Gateway, which ends a
    socket after two hours, and after ten minutes without a message (AWS: "Quotas for
    configuring and running a WebSocket API")."""

    backoff_base: float = 0.5
    """The longest wait after the first failed attempt; it doubles each time."""
    backoff_cap: float = 30.0
    stable_after: float = 10.0
    """A socket that was open for so long starts the back-off anew."""
    connect_timeout: float = 30.0
    """For one attempt: the ticket and the handshake."""
    timeout: float = 30.0
    """For the answer to a call."""
    keep_alive: float = 240.0
    """After so much silence the client sends `wsrouter.ping`."""
    ping_timeout: float = 15.0
    hand_over: float = 110 * 60.0
    """The age at which a socket is replaced, give or take `hand_over_spread`."""
    hand_over_spread: float = 5 * 60.0
    overlap: float = 10.0
    """A replaced socket stays open for so long at least, for events under way."""
    drain: float = 29.0
    """After the overlap, the longest wait for the last answers to its calls."""
    outbox_calls: int = 100
    outbox_bytes: int = 256 * 1024
    message_bytes: int = 128 * 1024
    """The largest message that API Gateway takes (AWS: "Quotas for configuring and
    running a WebSocket API"); what is longer than one of its frames is sent in parts.
    """
    remembered: int = 1000
    """Ids of the latest events: one that comes again is dropped."""
    hold: float = 2.0
    """How long a kept event waits for those before it, until they are asked for."""
    check_streams: float = 5 * 60.0
    """How often streams are asked for events that got lost."""
