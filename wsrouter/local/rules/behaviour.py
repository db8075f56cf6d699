"""API Gateway's limits, and a switch for each behaviour of it that is not known."""

from dataclasses import dataclass, field
from typing import Any, Literal

from wsrouter.wire import limits


@dataclass(frozen=True, kw_only=True, slots=True)
class Limits:
    """The limits of "Quotas for configuring and running a WebSocket in API Gateway",
    which tests and trials can shrink, and the local gateway's own.

    `messages_at_once`: how many messages of one client may be in progress before the
    gateway stops reading from it; half of the connections that the backend's pool has.
    `send_buffer_bytes`: what may wait for a client that does not read before
    @connections answers 429. `close_seconds`: how long a client may take to receive
    its close frame. `handshake_seconds`: how long a request may stay incomplete.
    `shutdown_seconds`: how long the `$disconnect`s at the end may take.
    """

    idle_seconds: float = limits.IDLE_SECONDS
    lifetime_seconds: float = limits.LIFETIME_SECONDS
    message_bytes: int = limits.MESSAGE_BYTES
    frame_bytes: int = limits.FRAME_BYTES
    url_characters: int = 4096
    messages_at_once: int = 50
    send_buffer_bytes: int = 1024 * 1024
    close_seconds: float = 5.0
    handshake_seconds: float = 10.0
    shutdown_seconds: int = 5


def _switch(default: Any, *, strict: Any) -> Any:
    return field(default=default, metadata={"strict": strict})


@dataclass(frozen=True, kw_only=True, slots=True)
class Behaviour:
    """One answer to each question about API Gateway that its documentation leaves open.

    The defaults are the likeliest answers; `strict` is the answer that is hardest on an
    application. `--aws name=value` sets one (`switches.py`).
    """

    cookies: bool = True
    """Whether the client's cookies reach `$connect`. On AWS they do so only with a
    custom domain on the same site."""

    non_2xx: Literal["body", "nothing", "error"] = _switch("body", strict="nothing")
    """What a status other than 2xx sends to the client: its body on a two-way route;
    nothing, so that a client waits for its answer in vain; or the error frame, on any
    route."""

    empty_reply: Literal["nothing", "frame"] = _switch("nothing", strict="frame")
    """What an empty body on a two-way route sends: nothing, or an empty frame."""

    large_reply: Literal["error", "nothing"] = _switch("error", strict="nothing")
    """What a body above 128 KB on a two-way route sends: the error frame, or
    nothing."""

    route_response: Literal["expression", "object"] = _switch(
        "expression", strict="object"
    )
    """What makes a route two-way: its route response selection expression alone, or
    the expression and a RouteResponse."""

    null_header: Literal["omit", "empty"] = _switch("omit", strict="omit")
    """Whether a header that is mapped from a null is left out or sent empty. When it is
    left out, a client's own header of that name passes at `$connect`."""

    client_header: Literal["overridden", "wins", "joined"] = _switch(
        "overridden", strict="wins"
    )
    """What becomes of a client's header at `$connect` that has the name of a mapped
    one."""

    disconnect_code: Literal["mapped", "null"] = _switch("mapped", strict="null")
    """Whether the close code and reason can be mapped into headers of
    `$disconnect`."""

    later_user_agent: Literal["client", "gateway"] = _switch("client", strict="gateway")
    """User-Agent of messages and `$disconnect` when the client has sent one at
    `$connect`."""

    later_trace_id: Literal["absent", "sent"] = _switch("absent", strict="absent")
    """Whether messages carry X-Amzn-Trace-Id."""

    refusal_status: Literal["same", "403", "502"] = _switch("same", strict="502")
    """Handshake status when `$connect` answers with a status other than 2xx."""

    refusal_body: Literal["passed", "dropped"] = _switch("passed", strict="dropped")
    """Whether the body of a refused `$connect` reaches the client."""

    unreachable_status: Literal["502", "500", "503", "504"] = _switch(
        "502", strict="500"
    )
    """Handshake status when the backend of `$connect` cannot be reached."""

    timeout_status: Literal["504", "500", "502", "503"] = _switch("504", strict="500")
    """Handshake status when the backend of `$connect` does not answer in time."""

    handshake_bytes: int = _switch(10_240, strict=8192)
    """How large a handshake's headers may be in bytes, cookies included."""

    below_stage: Literal["403", "426"] = _switch("403", strict="403")
    """Status of a plain request for a path below the stage's: refused like any unknown
    path, or told to upgrade like the stage's own."""

    frame_size: Literal["inflated", "compressed"] = _switch(
        "inflated", strict="inflated"
    )
    """Whether the limit of 32 KB counts the bytes of a compressed frame after it was
    inflated, or as they were sent. A browser sends a message as one frame."""

    window_bits: Literal["absent", "sent"] = _switch("absent", strict="sent")
    """Whether the answer to an offer of compression names `client_max_window_bits`;
    only answers without it have been observed."""

    subprotocol: Literal["passed", "dropped"] = _switch("passed", strict="dropped")
    """Whether the subprotocol that `$connect` chose reaches the client. A browser that
    asked for one fails without it."""

    reserved_key: Literal["match", "default"] = _switch("match", strict="match")
    """Whether a message that names `$connect`, `$disconnect` or `$default` selects that
    route like any other, or goes to `$default`."""

    null_key: Literal["empty", "null"] = _switch("empty", strict="null")
    """What a null in the body selects: an empty key, or the key `null`."""

    typed_key: Literal["stringified", "default"] = _switch(
        "stringified", strict="default"
    )
    """What a number, a boolean or a list in the body selects: the key that is its text,
    or `$default`."""

    disabled_endpoint: Literal["refused", "works"] = _switch(
        "refused", strict="refused"
    )
    """Whether @connections on the execute-api host answers 403 when that host is
    disabled, or works as before."""

    message_order: Literal["concurrent", "serial", "shuffled"] = _switch(
        "concurrent", strict="shuffled"
    )
    """Whether the messages of one connection reach the backend at the same time, one
    after the other, or in random order."""

    retry: Literal["never", "once"] = _switch("never", strict="once")
    """Whether a request to the backend that ended without an answer is sent again."""

    redeploy: Literal["current", "former"] = _switch("current", strict="former")
    """Which routes a socket has that was open when new ones were deployed."""

    deleted_stage: Literal["forbidden", "served", "closed"] = _switch(
        "forbidden", strict="closed"
    )
    """What becomes of a socket that was open when the stage was deleted: its messages
    are Forbidden; they are served as before; or it is closed, which loses the most."""

    timeout_frame: Literal["internal", "timed-out"] = _switch(
        "internal", strict="timed-out"
    )
    """The frame for a message that is not answered in time: "Internal server error",
    or "Endpoint request timed out"."""

    validation: Literal["checked", "skipped"] = _switch("checked", strict="checked")
    """Whether request models take effect with an HTTP_PROXY integration."""

    validation_key: Literal["messageId", "requestId"] = _switch(
        "messageId", strict="requestId"
    )
    """The third key of the "Bad request body" frame."""

    throttled: Literal["close", "frame", "both"] = _switch("close", strict="close")
    """What a message above the stage's limit causes: close code 1008, an error frame,
    or both."""

    ping: Literal["answered", "ignored"] = _switch("answered", strict="ignored")
    """Whether a client's ping gets a pong."""

    ping_resets_idle: Literal["no", "yes"] = _switch("no", strict="no")
    """Whether a client's ping restarts the idle timer."""

    dropped: Literal["gone", "silent"] = _switch("gone", strict="silent")
    """A client that was dropped on the status page. `gone`: its connection ends at once
    and without a `$disconnect`. `silent`: the loss goes undetected, and @connections
    answers 200 until the idle or lifetime limit ends the connection with a
    `$disconnect`."""

    busy_posts: float = _switch(0.0, strict=0.2)
    """The probability, 0 to 1, that @connections answers 429 because the account is
    throttled. The strict value is one that a backend gets past by retrying."""

    lost_posts: float = _switch(0.0, strict=0.0)
    """The probability, 0 to 1, that a post is answered with 200 and never arrives. With
    `strict` it is 0, too: nothing makes up for an event that is not kept."""

    post_order: Literal["kept", "shuffled"] = _switch("kept", strict="shuffled")
    """Whether posts reach a client in their order, or each at a random moment within 2
    seconds. AWS gives no order to posts that run in parallel."""

    lost_disconnect: float = _switch(0.0, strict=1.0)
    """The probability, 0 to 1, that a `$disconnect` is never delivered."""
