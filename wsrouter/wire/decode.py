"""Mapped headers and body to a Frame, in one go; nothing deeper reads a header."""

import ipaddress
import re
from collections.abc import Callable, Iterable, Mapping
from datetime import UTC, datetime

from wsrouter.errors import ImpossibleHeaders, NotOurGateway
from wsrouter.routing.frame import EventType, Frame
from wsrouter.wire import mapping, secret
from wsrouter.wire.mapping import HEADERS, environ_key

Environ = Mapping[str, object]
"""Headers under their CGI names (`HTTP_X_WSROUTER_STAGE`), as WSGI and Django keep."""

_CONNECTION_ID = re.compile(r"[A-Za-z0-9_+/=-]{1,128}")
_FREE_TEXT = frozenset({"User-Agent", "Disconnect-Reason"})
HEADER_CHARACTERS = 8192
"""API Gateway takes 10,240 bytes of headers in all."""
_LONGEST = {"Api-Id": 64, "Stage": 128, "Principal-Id": 255}
"""What is stored or looked up has to fit."""
_CONTROL = re.compile(r"[\x00-\x1f\x7f]")
_MILLISECONDS = re.compile(r"\d{1,14}", re.ASCII)
_KEYS = {name: header.environ_key for name, header in HEADERS.items()}
_HANDSHAKE = environ_key("Sec-WebSocket-Key")
"""Every handshake has it, and what comes later has none of the client's headers."""
_SECRET, _GATEWAY = environ_key(mapping.SECRET), environ_key(mapping.GATEWAY)


def proven_gateway(environ: Environ, secrets: Callable[[str], Iterable[str]]) -> str:
    """The alias of the gateway that sent a request; raises NotOurGateway.

    `secrets` gives the accepted ones of an alias, none for one that is not known.
    """
    alias = str(environ.get(_GATEWAY, ""))
    if not secret.matches(str(environ.get(_SECRET, "")), secrets(alias)):
        raise NotOurGateway
    return alias


def frame(
    environ: Environ,
    body: bytes,
    *,
    gateway: str,
    extra: Iterable[str] = (),
    authorized: bool = False,
) -> Frame:
    """Raises ImpossibleHeaders for what no gateway sends; empty and missing are alike.

    `extra` names the project's own mapped headers, without the prefix. Only an
    `authorized` gateway has principals: elsewhere the header may be the client's.
    """
    given = {name: _one(environ, key, name) for name, key in _KEYS.items()}
    event = _event_type(given["Event-Type"])
    if event is not EventType.CONNECT and _HANDSHAKE in environ:
        raise ImpossibleHeaders("A handshake says that it is something else.")
    is_message = event is EventType.MESSAGE
    ended = event is EventType.DISCONNECT
    principal = given["Principal-Id"]
    return Frame(
        event_type=event,
        connection_id=_connection_id(given["Connection-Id"]),
        route_key=given["Route-Key"],
        gateway=gateway,
        body=body if is_message else b"",
        connected_at=_moment(given["Connected-At"]),
        message_id=given["Message-Id"] if is_message else "",
        request_id=given["Request-Id"],
        api_id=given["Api-Id"],
        stage=given["Stage"],
        domain_name=given["Domain-Name"],
        source_ip=_address(given["Source-Ip"]),
        user_agent=given["User-Agent"],
        disconnect_code=_code(given["Disconnect-Code"]) if ended else None,
        disconnect_reason=given["Disconnect-Reason"] if ended else "",
        principal=principal if authorized and principal != mapping.NOBODY else "",
        headers={
            name: _one(environ, environ_key(mapping.PREFIX + name), name)
            for name in extra
        },
    )


def _one(environ: Environ, key: str, name: str) -> str:
    """A comma means that two headers were joined, one of them perhaps the client's."""
    value = str(environ.get(key, "")).strip()
    if "," in value and name not in _FREE_TEXT:
        raise ImpossibleHeaders(f"{mapping.PREFIX}{name} was sent twice.")
    if name in _FREE_TEXT:
        return _CONTROL.sub(" ", value)[:HEADER_CHARACTERS]
    if len(value) > _LONGEST.get(name, HEADER_CHARACTERS) or _CONTROL.search(value):
        raise ImpossibleHeaders(f"{mapping.PREFIX}{name} has an impossible value.")
    return value


def _event_type(value: str) -> EventType:
    try:
        return EventType(value)
    except ValueError:
        raise ImpossibleHeaders("There is no such event type.") from None


def _connection_id(value: str) -> str:
    if not _CONNECTION_ID.fullmatch(value):
        raise ImpossibleHeaders("That is no connection id.")
    return value


def _moment(value: str) -> datetime | None:
    if not value:
        return None
    if not _MILLISECONDS.fullmatch(value):
        raise ImpossibleHeaders("Connected-At is not in milliseconds.")
    return datetime.fromtimestamp(int(value) / 1000, UTC)


def _address(value: str) -> str:
    try:
        return str(ipaddress.ip_address(value.partition("%")[0]))
    except ValueError:
        return ""


def _code(value: str) -> int | None:
    return (
        int(value) if value.isascii() and value.isdigit() and len(value) < 6 else None
    )
