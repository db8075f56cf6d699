"""Mapped headers and body to a Frame; no other module reads a mapped header."""

import re
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from operator import itemgetter
from time import time
from typing import Any, NamedTuple

from wsrouter.errors import InvalidHeaders, UnverifiedRequest
from wsrouter.routing.frame import EventType, Frame
from wsrouter.wire import depth, mapping, secret
from wsrouter.wire.decoded_frame import ALWAYS_MAPPED, DecodedFrame
from wsrouter.wire.mapping import HEADERS, environ_key

Environ = Mapping[str, object]
"""Headers under their CGI names (`HTTP_X_WSROUTER_STAGE`), as in WSGI and Django."""

HEADER_CHARACTERS = 8192
"""Below the 10,240 bytes that API Gateway takes for all headers (AWS: "Quotas for
configuring and running a WebSocket API")."""
_LONGEST = {"Api-Id": 64, "Stage": 128, "Principal-Id": 255}
"""The sizes of the database columns that hold them."""
_CONTROL = re.compile(r"[\x00-\x1f\x7f]")
_SHAPES = {
    "Event-Type": re.compile("|".join(EventType)),
    "Connection-Id": re.compile(r"[A-Za-z0-9_+/=-]{1,128}"),
    "Connected-At": re.compile(r"(?:[0-9]{1,14})?"),
    "User-Agent": re.compile(r"(?:[!-~](?:[ -~]{0,500}[!-~])?)?"),
}
_VISIBLE = re.compile(r"[!-+\--~]{0,64}")
"""No comma, and short enough for every column."""
_ANY = re.compile(r".*")
_KEYS = {name: header.environ_key for name, header in HEADERS.items()}
_FREE_TEXT = frozenset({"User-Agent", "Disconnect-Reason"})
_ALWAYS_MAPPED_KEYS = [_KEYS[name] for name in ALWAYS_MAPPED]
_values = itemgetter(*_ALWAYS_MAPPED_KEYS)
_USUAL_VALUES = re.compile(
    "\n".join(f"(?:{_SHAPES.get(name, _VISIBLE).pattern})" for name in ALWAYS_MAPPED)
)
"""The values that every event has, one to a line, in their usual form."""
_EVENTS = {event.value: event for event in EventType}
_CONNECT, _, _DISCONNECT = EventType
_HANDSHAKE = environ_key("Sec-WebSocket-Key")
"""Every handshake has it; later events carry none of the client's headers."""
_DOMAIN_NAME = ALWAYS_MAPPED.index("Domain-Name")
_CODE, _REASON = _KEYS["Disconnect-Code"], _KEYS["Disconnect-Reason"]
_SECRET, _GATEWAY = environ_key(mapping.SECRET), environ_key(mapping.GATEWAY)


class FrameHeaders(NamedTuple):
    """The mapped headers of one event, checked; `values` are those of a Frame."""

    event_type: EventType
    values: dict[str, Any]

    @property
    def domain_name(self) -> str:
        """The host that the client has connected to."""
        return str(self.values["mapped"][_DOMAIN_NAME])

    def frame(self, body: bytes | None, max_bytes: int) -> tuple[Frame, str]:
        """The Frame of the event, and why its body must not be parsed, in a sentence
        that is empty when it may. `body` is None when it has more than `max_bytes`."""
        problem = _problem_of(body, max_bytes)
        if body and not problem and self.event_type is EventType.MESSAGE:
            self.values["body"] = body
        # The constructor of a frozen dataclass sets its fields one by one.
        frame = object.__new__(DecodedFrame)
        frame.__dict__.update(self.values)
        return frame, problem


def _problem_of(body: bytes | None, max_bytes: int) -> str:
    if body is None:
        return f"A frame has {max_bytes} bytes at most."
    if depth.is_too_deep(body):
        return f"A frame is {depth.MAX_NESTING} levels deep at most."
    return ""


def verified_alias(environ: Environ, secrets: Callable[[str], Iterable[str]]) -> str:
    """The alias of the gateway that sent a request; raises UnverifiedRequest.

    `secrets` returns the accepted secrets of an alias, and none for an unknown one.
    """
    alias, given = str(environ.get(_GATEWAY, "")), str(environ.get(_SECRET, ""))
    if not secret.matches(given, secrets(alias)):
        raise UnverifiedRequest
    return alias


def headers(
    environ: Environ,
    *,
    gateway: str,
    extra: Collection[str] = (),
    authorized: bool = False,
) -> FrameHeaders:
    """Raises InvalidHeaders for values that API Gateway cannot send. A missing header
    counts as empty.

    `extra` names the project's own mapped headers, without the prefix. Only an
    `authorized` gateway has principals: elsewhere the header may be the client's.
    """
    values = _always_mapped(environ)
    event_type, route_key, connection_id = values[:3]
    event = _EVENTS[event_type]
    if event is not _CONNECT and _HANDSHAKE in environ:
        raise InvalidHeaders("A handshake says that it is something else.")
    fields: dict[str, Any] = {
        "event_type": event,
        "connection_id": connection_id,
        "route_key": route_key,
        "gateway": gateway,
        "mapped": values,
        "arrived": time(),
        "headers": {name: _value(environ, name) for name in extra} if extra else {},
    }
    if environ.get(_CODE) or environ.get(_REASON):
        fields |= _close_status(environ, event)
    if authorized and values[-1] != mapping.NO_PRINCIPAL:
        fields["principal"] = values[-1]
    return FrameHeaders(event, fields)


def _always_mapped(environ: Environ) -> Sequence[str]:
    """The values of the headers that every event has. One match checks all of them
    in their usual form; otherwise they are checked one by one."""
    try:
        values: Sequence[str] = _values(environ)
    except KeyError:  # a handshake has no id of a message
        values = [str(environ.get(key, "")) for key in _ALWAYS_MAPPED_KEYS]
    if _USUAL_VALUES.fullmatch("\n".join(values)):
        return values
    return [_value(environ, name) for name in ALWAYS_MAPPED]


def _close_status(environ: Environ, event: EventType) -> dict[str, Any]:
    code, reason = (
        _value(environ, "Disconnect-Code"),
        _value(environ, "Disconnect-Reason"),
    )
    if event is not _DISCONNECT:
        return {}
    return {"disconnect_code": _code(code), "disconnect_reason": reason}


def _value(environ: Environ, name: str) -> str:
    """One checked header. A comma means that two headers were joined, and one of them
    may be the client's."""
    key = _KEYS.get(name) or environ_key(mapping.PREFIX + name)
    value = _decoded(str(environ.get(key, ""))).strip()
    if name in _FREE_TEXT:
        return _CONTROL.sub(" ", value)[:HEADER_CHARACTERS]
    if "," in value:
        raise InvalidHeaders(f"{mapping.PREFIX}{name} was sent twice.")
    too_long = len(value) > _LONGEST.get(name, HEADER_CHARACTERS)
    shape = _SHAPES.get(name, _ANY)
    if too_long or _CONTROL.search(value) or not shape.fullmatch(value):
        raise InvalidHeaders(f"{mapping.PREFIX}{name} has an impossible value.")
    return value


def _decoded(value: str) -> str:
    """The text of a header. Servers hand over its bytes as Latin-1; a value that is
    valid UTF-8 is taken for that."""
    if value.isascii():
        return value
    try:
        return value.encode("latin-1").decode()
    except UnicodeError:
        return value


def _code(value: str) -> int | None:
    return (
        int(value) if value.isascii() and value.isdigit() and len(value) < 6 else None
    )
