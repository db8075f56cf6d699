"""Adds to a reply what it tells of streams."""

from wsrouter.errors import MessageError
from wsrouter.registry.rate_counter import CacheCounter
from wsrouter.registry.streams import recovery
from wsrouter.routing.frame import Frame
from wsrouter.routing.library_routes import PING
from wsrouter.routing.outcome import Failure
from wsrouter.routing.resume import Resume
from wsrouter.routing.throttle import Rate, throttled
from wsrouter.wire import encode, limits, stream_frames
from wsrouter.wire.encode import Answer
from wsrouter.wire.stream_frames import StreamEntry
from wsrouter.wiring import reporting

PINGS = Rate(limit=60, seconds=60)
"""The pings of one connection that ask for its streams."""


def with_streams(answered: Answer, resume: Resume, frame: Frame) -> Answer:
    """The reply with its streams, or an error in place of the reply to a ping."""
    size = limits.MESSAGE_BYTES - len(answered.body)
    if resume.groups is not None:
        size -= stream_frames.entries_bytes(resume)
        size = min(size, stream_frames.REPLAY_BYTES)
        return _with(answered, _recovered(frame, resume, size))
    try:
        _check_rate(frame)
        return _with(answered, recovery.recover_all(frame, resume, size))
    except MessageError as error:
        return encode.answer(Failure(error, PING, resume.id))


def _recovered(frame: Frame, resume: Resume, size: int) -> list[StreamEntry]:
    """The message has been handled and its transactions have committed: what fails here
    is a gap of the client's, and not an error of the message."""
    try:
        return recovery.recover(frame, resume, size)
    except Exception as error:  # noqa: BLE001  # reported
        reporting.report_crash(frame, None, error)
        return [StreamEntry()]


def _check_rate(frame: Frame) -> None:
    key = f"{frame.gateway}:{PING}:connection:{frame.connection_id}"
    if wait := CacheCounter().hit(key, PINGS):
        raise throttled(wait)


def _with(answered: Answer, entries: list[StreamEntry]) -> Answer:
    body = stream_frames.reply_with_streams(answered.body, entries)
    return answered._replace(body=body, resume=None)
