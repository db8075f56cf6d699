"""The text of messages, and what the frames from the server mean."""

from collections import OrderedDict
from dataclasses import dataclass
from typing import Any, NamedTuple

from pydantic_core import from_json, to_json

from wsrouter.errors import MessageError

LIBRARY_PREFIX = "wsrouter."
"""Of the frame types that are no events of the application."""
PING = "wsrouter.ping"
NO_PAYLOAD: Any = object()


class Answer(NamedTuple):
    """The reply or the error that answers the message `id`."""

    id: str | None
    payload: Any = None
    error: MessageError | None = None


class EventFrame(NamedTuple):
    """An event; `id` is "" for one of a server that gives none."""

    type: str
    id: str
    frame: dict[str, Any]


class GatewayError(NamedTuple):
    """API Gateway's own error, which does not say which message it is about."""

    error: MessageError


@dataclass(frozen=True, kw_only=True, slots=True)
class Envelope:
    """How the server's gateway is set: ENVELOPE, and the member that names a route."""

    is_flat: bool = False
    action: str = "action"

    def message(self, action: str, payload: Any, call_id: str | None) -> str:
        """The text of a message. `payload` is anything that pydantic can write."""
        members: dict[str, Any] = {self.action: action}
        if call_id is not None:
            members["id"] = call_id
        if payload is not NO_PAYLOAD and self.is_flat:
            members = {**from_json(to_json(payload)), **members}
        elif payload is not NO_PAYLOAD:
            members["payload"] = payload
        return to_json(members).decode()


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
        return Answer(_text(frame_id), frame.get("payload"))
    if kind == "error":
        return Answer(_text(frame_id), error=_error(frame.get("error")))
    if isinstance(kind, str):
        is_ours = kind.startswith(LIBRARY_PREFIX)
        return None if is_ours else EventFrame(kind, _text(frame_id) or "", frame)
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


class SeenEvents:
    """The ids of the latest events. One may come twice: over both sockets of a
    hand-over, or posted again."""

    def __init__(self, size: int) -> None:
        self._size = size
        self._ids: OrderedDict[str, None] = OrderedDict()

    def is_new(self, event_id: str) -> bool:
        """Remembers the id; an empty one is always new."""
        if not event_id:
            return True
        if event_id in self._ids:
            return False
        self._ids[event_id] = None
        if len(self._ids) > self._size:
            self._ids.popitem(last=False)
        return True
