"""Turns outcomes into HTTP answers, and events into the text of a frame."""

from collections.abc import Mapping
from types import MappingProxyType
from typing import Any, NamedTuple

import orjson
from pydantic_core import to_json

from wsrouter.errors import MessageError, SessionEnded
from wsrouter.routing.outcome import Accept, Failure, Outcome, Refused, Reply
from wsrouter.routing.resume import Resume
from wsrouter.wire import limits, stream_frames

_NONE: Mapping[str, str] = MappingProxyType({})
_PLAIN = (
    orjson.OPT_PASSTHROUGH_DATACLASS
    | orjson.OPT_PASSTHROUGH_DATETIME
    | orjson.OPT_PASSTHROUGH_SUBCLASS
)
"""Types that orjson writes in another form than pydantic are left to pydantic."""


class Answer(NamedTuple):
    """The HTTP answer to one frame. `failed` means that it is an error, `ended` that
    the session behind the connection has ended, `resume` that the streams of a
    connection are still to be added."""

    status: int = 200
    body: bytes = b""
    headers: Mapping[str, str] = _NONE
    failed: bool = False
    ended: bool = False
    resume: Resume | None = None


def answer(outcome: Outcome, *, crash_status: int = 200) -> Answer:
    """What the endpoint answers; `crash_status` is for a handler that crashed."""
    if isinstance(outcome, Reply):
        body, most = _reply(outcome), limits.MESSAGE_BYTES
        if outcome.resume is not None:
            most -= stream_frames.entries_bytes(outcome.resume)
        if len(body) > most:
            return _too_large(outcome, body, most)
        return Answer(200, body, resume=outcome.resume)
    if isinstance(outcome, Failure):
        status = crash_status if outcome.crashed else 200
        ended = isinstance(outcome.error, SessionEnded)
        return Answer(status, _error_within_limit(outcome), _NONE, True, ended)
    match outcome:
        case Accept(subprotocol=chosen):
            return Answer(headers={"Sec-WebSocket-Protocol": chosen} if chosen else {})
        case Refused(status=status, reason=reason):
            return Answer(status=status, body=_text(reason).encode(), failed=True)
    return Answer()


def event(name: str, event_id: str, payload: bytes) -> bytes:
    """The text of an event's frame; `payload` is JSON."""
    return orjson.dumps(
        {"type": name, "id": event_id, "payload": orjson.Fragment(payload)}
    )


def _reply(reply: Reply) -> bytes:
    frame = _start_frame("reply", reply.action, reply.id)
    frame["payload"] = orjson.Fragment(reply.payload)
    return orjson.dumps(frame)


def _too_large(reply: Reply, body: bytes, most: int) -> Answer:
    error = MessageError(
        "reply_too_large", f"The reply has {len(body)} bytes; {most} can be sent."
    )
    return Answer(body=_error(Failure(error, reply.action, reply.id)), failed=True)


def _error_within_limit(failure: Failure) -> bytes:
    body = _error(failure)
    if len(body) <= limits.MESSAGE_BYTES:
        return body
    error = failure.error
    code, message = _text(error.code)[:128], _text(error.message)[:1024]
    short = MessageError(code, message, retry=error.retry)
    return _error(Failure(short, failure.action, failure.id))


def _error(failure: Failure) -> bytes:
    error = failure.error
    content = {
        "code": _text(error.code),
        "message": _text(error.message),
        "retry": bool(error.retry),
    }
    frame = _start_frame("error", failure.action, failure.id)
    frame["error"] = content
    if failure.detail is not None:
        content["detail"] = orjson.Fragment(failure.detail)
    elif error.detail is not None:
        content["detail"] = error.detail
    try:
        return orjson.dumps(frame, None, _PLAIN)
    except TypeError:
        written = _detail(content.pop("detail"))
        if written:
            content["detail"] = written
        return orjson.dumps(frame)


def _text(value: object) -> str:
    """The text of a string or a lazy translation; lone surrogates are replaced."""
    if type(value) is str and value.isascii():
        return value
    return str(value).encode("utf-8", "replace").decode()


def _detail(detail: Any) -> orjson.Fragment | None:
    """Any object as strict JSON; None when that is impossible."""
    try:
        return orjson.Fragment(to_json(detail, fallback=str, inf_nan_mode="null"))
    except ValueError:
        return None


def _start_frame(
    kind: str, action: str | None, client_id: str | int | None
) -> dict[str, Any]:
    frame: dict[str, Any] = {"type": kind}
    if action is not None:
        frame["action"] = action
    if client_id is not None:
        frame["id"] = client_id
    return frame
