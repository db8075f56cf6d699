"""API Gateway's numbers, and a switch for each thing about it that is not known."""

from dataclasses import dataclass, field
from typing import Any, Literal

from wsrouter.wire import limits


@dataclass(frozen=True, kw_only=True, slots=True)
class Limits:
    """API Gateway's numbers, to be shrunk in tests and trials.

    `messages_at_once` is how many messages of one client are in progress before it is
    read no further, half of what goes to the backend at once;
    `outbox_bytes` is what may wait for a client that does not read before
    @connections answers 429, `close_seconds` the time it has to take a close frame;
    `shutdown_seconds` bounds the `$disconnect`s at the end.
    """

    idle_seconds: float = limits.IDLE_SECONDS
    lifetime_seconds: float = limits.LIFETIME_SECONDS
    message_bytes: int = limits.MESSAGE_BYTES
    frame_bytes: int = limits.FRAME_BYTES
    url_characters: int = 4096
    messages_at_once: int = 50
    outbox_bytes: int = 1024 * 1024
    close_seconds: float = 5.0
    shutdown_seconds: int = 5


def _switch(default: Any, *, harshest: Any) -> Any:
    return field(default=default, metadata={"harshest": harshest})


@dataclass(frozen=True, kw_only=True, slots=True)
class Behaviour:
    """One answer to each question about API Gateway that its documentation leaves open.

    The defaults are the likeliest answers; `harshest` is what spares an application
    least. `--aws name=value` sets one (`switches.py`).
    """

    cookies: bool = True
    """Whether the client's cookies reach `$connect`: only with a same-site domain."""

    non_2xx: Literal["body", "nothing", "error"] = _switch("body", harshest="nothing")
    """A status other than 2xx: its body on a two-way route; nothing, so that whoever
    waits for the answer does so in vain; or the error frame, on any route."""

    empty_reply: Literal["nothing", "frame"] = _switch("nothing", harshest="frame")
    """An empty body on a two-way route: nothing is sent, or an empty frame."""

    large_reply: Literal["error", "nothing"] = _switch("error", harshest="nothing")
    """A body above 128 KB on a two-way route: the error frame, or nothing."""

    route_response: Literal["expression", "object"] = _switch(
        "expression", harshest="object"
    )
    """What makes a route two-way: its selection expression, or a RouteResponse too."""

    null_header: Literal["omit", "empty"] = _switch("omit", harshest="omit")
    """A header mapped from a null: left out, or sent empty. Left out, a client's own
    header of that name passes at `$connect`."""

    client_header: Literal["overridden", "wins", "joined"] = _switch(
        "overridden", harshest="wins"
    )
    """A client's header at `$connect` with the name of a mapped one."""

    disconnect_code: Literal["mapped", "null"] = _switch("mapped", harshest="null")
    """Whether `$disconnect` can be told the close code and reason."""

    later_user_agent: Literal["client", "gateway"] = _switch(
        "client", harshest="gateway"
    )
    """User-Agent of messages and `$disconnect` when the client has sent one."""

    later_trace_id: Literal["absent", "sent"] = _switch("absent", harshest="absent")
    """X-Amzn-Trace-Id of messages."""

    refusal_status: Literal["same", "403", "502"] = _switch("same", harshest="502")
    """Handshake status when `$connect` answers anything but 2xx."""

    refusal_body: Literal["passed", "dropped"] = _switch("passed", harshest="dropped")
    """Whether the body of a refused `$connect` reaches the client."""

    unreachable_status: Literal["502", "500", "503", "504"] = _switch(
        "502", harshest="500"
    )
    """Handshake status when the backend of `$connect` cannot be reached."""

    timeout_status: Literal["504", "500", "502", "503"] = _switch("504", harshest="500")
    """Handshake status when the backend of `$connect` does not answer in time."""

    handshake_bytes: int = _switch(10_240, harshest=8192)
    """How large a handshake's headers may be, cookies included."""

    subprotocol: Literal["passed", "dropped"] = _switch("passed", harshest="dropped")
    """The subprotocol that `$connect` chose: a browser that asked for one needs it."""

    reserved_key: Literal["match", "default"] = _switch("match", harshest="match")
    """A body that names `$connect`, `$disconnect` or `$default`: selects that route as
    any other, or goes to `$default`."""

    null_key: Literal["empty", "null"] = _switch("empty", harshest="null")
    """What a null in the body selects: an empty key, or the key `null`."""

    typed_key: Literal["stringified", "default"] = _switch(
        "stringified", harshest="default"
    )
    """What a number, a boolean or a list in the body selects: its text as a key, or
    `$default`."""

    disabled_endpoint: Literal["refused", "works"] = _switch(
        "refused", harshest="refused"
    )
    """@connections on the execute-api host when that is disabled: 403, or as ever."""

    message_order: Literal["concurrent", "serial", "shuffled"] = _switch(
        "concurrent", harshest="shuffled"
    )
    """Messages of one connection: at once, one after the other, or in any order."""

    retry: Literal["never", "once"] = _switch("never", harshest="once")
    """A request to the backend that ended without an answer is sent again."""

    redeploy: Literal["current", "former"] = _switch("current", harshest="former")
    """Which routes a socket has that was open when new ones were deployed."""

    deleted_stage: Literal["forbidden", "served", "closed"] = _switch(
        "forbidden", harshest="closed"
    )
    """A socket that was open when the stage was deleted: its messages are Forbidden, or
    served as before, or it is closed, which loses the most."""

    timeout_frame: Literal["internal", "timed-out"] = _switch(
        "internal", harshest="timed-out"
    )
    """The frame for a message that is not answered in time: "Internal server error",
    or "Endpoint request timed out"."""

    validation: Literal["checked", "skipped"] = _switch("checked", harshest="checked")
    """Whether request models count with an HTTP_PROXY integration."""

    validation_key: Literal["messageId", "requestId"] = _switch(
        "messageId", harshest="requestId"
    )
    """The third key of the "Bad request body" frame."""

    throttled: Literal["close", "frame", "both"] = _switch("close", harshest="close")
    """A message above the stage's limit: close code 1008, a frame, or both."""

    ping: Literal["answered", "ignored"] = _switch("answered", harshest="ignored")
    """Whether a client's ping gets a pong."""

    ping_resets_idle: Literal["no", "yes"] = _switch("no", harshest="no")
    """Whether a client's ping starts the idle time again."""

    dropped: Literal["gone", "silent"] = _switch("gone", harshest="silent")
    """A client whose line was cut on the status page: gone at once and without a
    `$disconnect`; or nobody notices, and @connections goes on answering 200 until the
    idle limit (or the lifetime) ends it, with a `$disconnect` as ever."""

    busy_posts: float = _switch(0.0, harshest=0.2)
    """How likely @connections answers 429 because the account is throttled, from 0 to
    1; the harshest is one that those get through who try again."""

    lost_disconnect: float = _switch(0.0, harshest=1.0)
    """How likely a `$disconnect` is never delivered, from 0 to 1."""
