"""Turns outcomes into HTTP answers, and events into the text of a frame."""

from collections.abc import Mapping
from types import MappingProxyType
from typing import Any, NamedTuple, Protocol

import orjson
from pydantic_core import to_json

from wsrouter.errors import MessageError, SessionEnded
from wsrouter.routing.outcome import Accept, Failure, Outcome, Raw, Refused, Reply
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
    connection are still to be added, `presence` of which groups the payload is still to
    list who is there. `outcome` is what it tells, for the log."""

    status: int = 200
    body: bytes = b""
    headers: Mapping[str, str] = _NONE
    failed: bool = False
    ended: bool = False
    resume: Resume | None = None
    presence: tuple[str, ...] = ()
    outcome: Outcome | None = None


class FrameWriter(Protocol):
    """Writes the frames of a gateway. An application's own one may raise
    InvalidEnvelope, and may write an empty reply or error: then none is sent."""

    def reply(self, reply: Reply) -> bytes: ...

    def error(self, failure: Failure) -> bytes: ...

    def event(self, name: str, event_id: str, payload: bytes) -> bytes:
        """`payload` is JSON."""


class OwnFrames:
    """The library's own frames: those of the nested envelope and of the flat one."""

    def reply(self, reply: Reply) -> bytes:
        frame = _start_frame("reply", reply.action, reply.id)
        frame["payload"] = orjson.Fragment(reply.payload)
        return orjson.dumps(frame)

    def error(self, failure: Failure) -> bytes:
        return _error(failure)

    def event(self, name: str, event_id: str, payload: bytes) -> bytes:
        return orjson.dumps(
            {"type": name, "id": event_id, "payload": orjson.Fragment(payload)}
        )


OWN_FRAMES = OwnFrames()


def answer(
    outcome: Outcome, *, writer: FrameWriter = OWN_FRAMES, crash_status: int = 200
) -> Answer:
    """What the endpoint answers; `crash_status` is for a handler that crashed. Raises
    InvalidEnvelope."""
    if isinstance(outcome, Reply):
        return _reply(outcome, writer)
    if isinstance(outcome, Failure):
        status = crash_status if outcome.crashed else 200
        ended = isinstance(outcome.error, SessionEnded)
        body = _error_within_limit(outcome, writer)
        return Answer(status, body, _NONE, True, ended, outcome=outcome)
    match outcome:
        case Raw():
            return _raw(outcome, writer)
        case Accept(subprotocol=chosen):
            headers = {"Sec-WebSocket-Protocol": chosen} if chosen else {}
            return Answer(headers=headers, outcome=outcome)
        case Refused(status=status, reason=reason):
            body = _text(reason).encode()
            return Answer(status, body, failed=True, outcome=outcome)
    return Answer()


def _reply(reply: Reply, writer: FrameWriter) -> Answer:
    body, most = writer.reply(reply), limits.MESSAGE_BYTES
    if reply.resume is not None:
        most -= stream_frames.entries_bytes(reply.resume)
    if len(body) > most:
        failure = Failure(_too_large(body, most), reply.action, reply.id)
        return answer(failure, writer=writer)
    return Answer(
        200, body, resume=reply.resume, presence=reply.presence, outcome=reply
    )


def _raw(raw: Raw, writer: FrameWriter) -> Answer:
    data, most = raw.data, limits.MESSAGE_BYTES
    if len(data) > most:
        return answer(Failure(_too_large(data, most)), writer=writer)
    return Answer(200, data, outcome=raw)


def with_presence(
    reply: Reply, lists: Mapping[str, bytes], writer: FrameWriter = OWN_FRAMES
) -> bytes:
    """The frame of a reply whose payload, an object, has the member `presence`: JSON
    for each group. Raises InvalidEnvelope."""
    payload = orjson.loads(reply.payload)
    payload["presence"] = {
        group: orjson.Fragment(text) for group, text in lists.items()
    }
    return writer.reply(Reply(reply.action, reply.id, orjson.dumps(payload)))


def plain_error(failure: Failure) -> MessageError:
    """The error of a failure with texts that can be sent, and its detail as a
    Fragment, or None."""
    error, detail = failure.error, None
    if failure.detail is not None:
        detail = orjson.Fragment(failure.detail)
    elif error.detail is not None:
        detail = _detail(error.detail)
    code, message = _text(error.code), _text(error.message)
    return MessageError(code, message, retry=bool(error.retry), detail=detail)


def _too_large(body: bytes, most: int) -> MessageError:
    return MessageError(
        "reply_too_large", f"The reply has {len(body)} bytes; {most} can be sent."
    )


def _error_within_limit(failure: Failure, writer: FrameWriter) -> bytes:
    body = writer.error(failure)
    if len(body) <= limits.MESSAGE_BYTES:
        return body
    error = failure.error
    code, message = _text(error.code)[:128], _text(error.message)[:1024]
    short = MessageError(code, message, retry=error.retry)
    failure = Failure(short, failure.action, failure.id, failure.crashed)
    body = writer.error(failure)
    return body if len(body) <= limits.MESSAGE_BYTES else OWN_FRAMES.error(failure)


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
