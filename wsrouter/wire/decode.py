"""Mapped headers and body to a Frame, in one go; nothing deeper reads a header."""

import re
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from operator import itemgetter
from time import time
from typing import Any

from wsrouter.errors import ImpossibleHeaders, NotOurGateway
from wsrouter.routing.frame import EventType, Frame
from wsrouter.wire import mapping, secret
from wsrouter.wire.decoded_frame import USUAL, DecodedFrame
from wsrouter.wire.mapping import HEADERS, environ_key

Environ = Mapping[str, object]
"""Headers under their CGI names (`HTTP_X_WSROUTER_STAGE`), as WSGI and Django keep."""

HEADER_CHARACTERS = 8192
"""API Gateway takes 10,240 bytes of headers in all."""
_LONGEST = {"Api-Id": 64, "Stage": 128, "Principal-Id": 255}
"""What is stored or looked up has to fit."""
_CONTROL = re.compile(r"[\x00-\x1f\x7f]")
_SHAPES = {
    "Event-Type": re.compile("|".join(EventType)),
    "Connection-Id": re.compile(r"[A-Za-z0-9_+/=-]{1,128}"),
    "Connected-At": re.compile(r"(?:[0-9]{1,14})?"),
    "User-Agent": re.compile(r"(?:[!-~](?:[ -~]{0,500}[!-~])?)?"),
}
_VISIBLE = re.compile(r"[!-+\--~]{0,64}")
"""No comma, and short enough for all."""
_ANY = re.compile(r".*")
_KEYS = {name: header.environ_key for name, header in HEADERS.items()}
_FREE_TEXT = frozenset({"User-Agent", "Disconnect-Reason"})
_values = itemgetter(*(_KEYS[name] for name in USUAL))
_GLANCE = re.compile(
    "\n".join(f"(?:{_SHAPES.get(name, _VISIBLE).pattern})" for name in USUAL)
)
"""What every event has, a line each, as it nearly always is."""
_EVENTS = {each.value: each for each in EventType}
_CONNECT, _MESSAGE, _DISCONNECT = EventType
_HANDSHAKE = environ_key("Sec-WebSocket-Key")
"""Every handshake has it, and what comes later has none of the client's headers."""
_CODE, _REASON = _KEYS["Disconnect-Code"], _KEYS["Disconnect-Reason"]
_SECRET, _GATEWAY = environ_key(mapping.SECRET), environ_key(mapping.GATEWAY)


def proven_gateway(environ: Environ, secrets: Callable[[str], Iterable[str]]) -> str:
    """The alias of the gateway that sent a request; raises NotOurGateway.

    `secrets` gives the accepted ones of an alias, none for one that is not known.
    """
    alias, given = str(environ.get(_GATEWAY, "")), str(environ.get(_SECRET, ""))
    if not secret.matches(given, secrets(alias)):
        raise NotOurGateway
    return alias


def frame(
    environ: Environ,
    body: bytes,
    *,
    gateway: str,
    extra: Collection[str] = (),
    authorized: bool = False,
) -> Frame:
    """Raises ImpossibleHeaders for what no gateway sends; empty and missing are alike.

    `extra` names the project's own mapped headers, without the prefix. Only an
    `authorized` gateway has principals: elsewhere the header may be the client's.
    """
    try:
        values: Sequence[str] = _values(environ)
    except KeyError:
        values = ()
    if not _GLANCE.fullmatch("\n".join(values)):
        values = [_one(environ, name) for name in USUAL]
    event_type, route_key, connection_id = values[:3]
    event = _EVENTS[event_type]
    if event is not _CONNECT and _HANDSHAKE in environ:
        raise ImpossibleHeaders("A handshake says that it is something else.")
    facts = {
        "event_type": event,
        "connection_id": connection_id,
        "route_key": route_key,
        "gateway": gateway,
        "values": values,
        "arrived": time(),
        "headers": {name: _one(environ, name) for name in extra} if extra else {},
    }
    if body and event is _MESSAGE:
        facts["body"] = body
    if environ.get(_CODE) or environ.get(_REASON):
        facts |= _how_it_ended(environ, event)
    if authorized and values[-1] != mapping.NOBODY:
        facts["principal"] = values[-1]
    # A frozen dataclass would take its fields one by one.
    made = object.__new__(DecodedFrame)
    made.__dict__.update(facts)
    return made


def _how_it_ended(environ: Environ, event: EventType) -> dict[str, Any]:
    code, reason = _one(environ, "Disconnect-Code"), _one(environ, "Disconnect-Reason")
    if event is not _DISCONNECT:
        return {}
    return {"disconnect_code": _code(code), "disconnect_reason": reason}


def fill(found: Frame, body: bytes) -> None:
    """Give a message its body, which is read when its headers are known to be sound.
    Frames are frozen for everybody else."""
    object.__setattr__(found, "body", body)


def _one(environ: Environ, name: str) -> str:
    """A comma means that two headers were joined, one of them perhaps the client's."""
    key = _KEYS.get(name) or environ_key(mapping.PREFIX + name)
    value = str(environ.get(key, "")).strip()
    if name in _FREE_TEXT:
        return _CONTROL.sub(" ", value)[:HEADER_CHARACTERS]
    if "," in value:
        raise ImpossibleHeaders(f"{mapping.PREFIX}{name} was sent twice.")
    too_long = len(value) > _LONGEST.get(name, HEADER_CHARACTERS)
    shape = _SHAPES.get(name, _ANY)
    if too_long or _CONTROL.search(value) or not shape.fullmatch(value):
        raise ImpossibleHeaders(f"{mapping.PREFIX}{name} has an impossible value.")
    return value


def _code(value: str) -> int | None:
    return (
        int(value) if value.isascii() and value.isdigit() and len(value) < 6 else None
    )
