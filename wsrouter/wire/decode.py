"""Mapped headers and body to a Frame, in one go; nothing deeper reads a header."""

import ipaddress
import re
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from datetime import UTC, datetime
from functools import lru_cache
from operator import itemgetter

from wsrouter.errors import ImpossibleHeaders, NotOurGateway
from wsrouter.routing.frame import EventType, Frame
from wsrouter.wire import mapping, secret
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
_ENDS = frozenset({"Disconnect-Code", "Disconnect-Reason"})
_FREE_TEXT = frozenset({"User-Agent", "Disconnect-Reason"})
_USUAL = [name for name in HEADERS if name not in _ENDS]
_values = itemgetter(*(_KEYS[name] for name in _USUAL))
_GLANCE = re.compile(
    "\n".join(f"(?:{_SHAPES.get(name, _VISIBLE).pattern})" for name in _USUAL)
)
"""What every event has, a line each, as it nearly always is."""
_EVENTS = {each.value: each for each in EventType}
_HANDSHAKE = environ_key("Sec-WebSocket-Key")
"""Every handshake has it, and what comes later has none of the client's headers."""
_CODE = _KEYS["Disconnect-Code"]
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
    (
        event_type,
        route_key,
        connection_id,
        connected_at,
        message_id,
        request_id,
        api_id,
        stage,
        domain_name,
        source_ip,
        user_agent,
        principal,
    ) = _usual(environ)
    event = _EVENTS[event_type]
    if event is not EventType.CONNECT and _HANDSHAKE in environ:
        raise ImpossibleHeaders("A handshake says that it is something else.")
    is_message = event is EventType.MESSAGE
    ended = event is EventType.DISCONNECT
    code = _one(environ, "Disconnect-Code") if environ.get(_CODE) else ""
    return Frame.of(
        {
            "event_type": event,
            "connection_id": connection_id,
            "route_key": route_key,
            "gateway": gateway,
            "body": body if is_message else b"",
            "connected_at": _moment(connected_at),
            "message_id": message_id if is_message else "",
            "request_id": request_id,
            "api_id": api_id,
            "stage": stage,
            "domain_name": domain_name,
            "source_ip": _address(source_ip),
            "user_agent": user_agent,
            "disconnect_code": _code(code) if ended else None,
            "disconnect_reason": _one(environ, "Disconnect-Reason") if ended else "",
            "principal": principal
            if authorized and principal != mapping.NOBODY
            else "",
            "headers": {name: _one(environ, name) for name in extra} if extra else {},
        }
    )


def fill(found: Frame, body: bytes) -> None:
    """Give a message its body, which is read when its headers are known to be sound.
    Frames are frozen for everybody else."""
    object.__setattr__(found, "body", body)


def _usual(environ: Environ) -> Sequence[str]:
    """The values of `_USUAL`: mostly a glance at all of them is enough."""
    try:
        values: Sequence[str] = _values(environ)
    except KeyError:
        values = ()
    if not _GLANCE.fullmatch("\n".join(values)):
        return [_one(environ, name) for name in _USUAL]
    return values


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


def _moment(value: str) -> datetime | None:
    return datetime.fromtimestamp(int(value) / 1000, UTC) if value else None


@lru_cache(maxsize=1024)
def _address(value: str) -> str:
    try:
        return str(ipaddress.ip_address(value.partition("%")[0]))
    except ValueError:
        return ""


def _code(value: str) -> int | None:
    return (
        int(value) if value.isascii() and value.isdigit() and len(value) < 6 else None
    )
