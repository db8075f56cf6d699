"""The text of messages, and what the frames from the server mean."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, NamedTuple

from pydantic_core import from_json, to_json

from wsrouter.errors import MessageError
from wsrouter.following.question import Positions
from wsrouter.following.stream import has_place

LIBRARY_PREFIX = "wsrouter."
"""Of the frame types that are no events of the application."""
PING, JOIN = "wsrouter.ping", "wsrouter.join"
NO_PAYLOAD: Any = object()
_FRAME_BYTES = 32 * 1024
"""Of one frame to API Gateway (AWS: "Quotas for configuring and running a WebSocket
API")."""
_CHARACTER_BYTES = 4


class Answer(NamedTuple):
    """The reply or the error that answers the message `id`. `streams` is what a reply
    tells of the streams of kept events."""

    id: str | None
    payload: Any = None
    error: MessageError | None = None
    streams: Any = None


class EventFrame(NamedTuple):
    """An event; `id` is "" for one of a server that gives none. One that is kept has a
    place in a stream, and so have frames of the library that stand for one."""

    type: str
    id: str
    frame: Mapping[str, Any]

    @classmethod
    def of(cls, frame: Mapping[str, Any]) -> "EventFrame":
        return cls(frame["type"], _text(frame.get("id")) or "", frame)

    @property
    def is_for_listeners(self) -> bool:
        return not self.type.startswith(LIBRARY_PREFIX)

    @property
    def has_place(self) -> bool:
        return has_place(self.frame)


class GatewayError(NamedTuple):
    """API Gateway's own error, which does not say which message it is about."""

    error: MessageError


@dataclass(frozen=True, kw_only=True, slots=True)
class Envelope:
    """How the server's gateway is set: ENVELOPE, and the member that names a route."""

    is_flat: bool = False
    action: str = "action"

    def message(
        self,
        action: str,
        payload: Any,
        call_id: str | None,
        since: Positions | None = None,
    ) -> str:
        """The text of a message. `payload` is anything that pydantic can write."""
        members: dict[str, Any] = {self.action: action}
        if call_id is not None:
            members["id"] = call_id
        if since is not None:
            members["$since" if self.is_flat else "since"] = since
        if payload is not NO_PAYLOAD and self.is_flat:
            members = {**from_json(to_json(payload)), **members}
        elif payload is not NO_PAYLOAD:
            members["payload"] = payload
        return to_json(members).decode()


def parts(text: str) -> str | list[str]:
    """The text itself, or what is longer than one frame in parts."""
    if len(text) * _CHARACTER_BYTES <= _FRAME_BYTES:
        return text
    size = _FRAME_BYTES if text.isascii() else _FRAME_BYTES // _CHARACTER_BYTES
    return [text[start : start + size] for start in range(0, len(text), size)]


def understood(text: str | bytes) -> Answer | EventFrame | GatewayError | None:
    """What a frame from the server means; None for one to ignore, such as the empty
    frames that API Gateway may send, and types of a later version."""
    try:
        frame = from_json(text)
    except ValueError:
        return None
    if not isinstance(frame, dict):
        return None
    kind, frame_id = frame.get("type"), frame.get("id")
    if kind == "reply":
        streams = frame.get("streams")
        return Answer(_text(frame_id), frame.get("payload"), streams=streams)
    if kind == "error":
        return Answer(_text(frame_id), error=_error(frame.get("error")))
    if isinstance(kind, str):
        event = EventFrame.of(frame)
        return event if event.is_for_listeners or event.has_place else None
    message = frame.get("message")
    if isinstance(message, str) and "connectionId" in frame:
        return GatewayError(MessageError("gateway_error", message, detail=frame))
    return None


def _error(content: Any) -> MessageError:
    members = content if isinstance(content, dict) else {}
    return MessageError(
        str(members.get("code", "")),
        str(members.get("message", "")),
        retry=bool(members.get("retry")),
        detail=members.get("detail"),
    )


def _text(frame_id: Any) -> str | None:
    return None if frame_id is None else str(frame_id)
