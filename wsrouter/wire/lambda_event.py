"""An event of API Gateway's AWS_PROXY integration, as a request of the HTTP one has it.

Everything in an event may be missing or of another type: whoever may invoke the
function writes it (AWS Lambda Developer Guide, "Invoking a Lambda function using an
Amazon API Gateway endpoint").
"""

import base64
import binascii
import json
from collections.abc import Iterable, Iterator, Mapping
from typing import Any
from urllib.parse import urlencode

from wsrouter.routing.frame import EventType
from wsrouter.wire import mapping

Header = tuple[bytes, bytes]
_EVENT_TYPES = frozenset(EventType)
_OTHER_KINDS = ("methodArn", "httpMethod", "rawPath", "routeArn")
"""Members of the events of Lambda authorizers, of REST APIs and of HTTP APIs."""
_REPLACED = frozenset({"connection", "content-length", "content-type", "host"})
_REPLACED_PREFIX = mapping.PREFIX.lower()


class InvalidEvent(ValueError):
    """The event has a body that cannot be read."""


def is_websocket_event(event: Any) -> bool:
    """Whether this is an event of a WebSocket API, as far as one can see."""
    context = _context(event)
    kind = context.get("eventType")
    is_other = any(name in event for name in _OTHER_KINDS) if context else True
    return not is_other and isinstance(kind, str) and kind in _EVENT_TYPES


def api_id(event: Any) -> str:
    """The id of the API; empty for an event without one."""
    found = _context(event).get("apiId")
    return found if isinstance(found, str) else ""


def domain_name(event: Any) -> str:
    """The host that the client has connected to."""
    return _text(_context(event).get("domainName")) or ""


def mapped_headers(event: Any, parameters: Mapping[str, str]) -> Iterator[Header]:
    """The headers that the HTTP integration would have: `parameters` are its
    RequestParameters. A null is no header."""
    for target, source in parameters.items():
        value = _value(event, source)
        if value:
            name = target.removeprefix(mapping.TARGET)
            yield name.lower().encode(), _bytes(value)


def client_headers(event: Any) -> Iterator[Header]:
    """The client's own headers, which a handshake has, without those that API Gateway
    replaces, and without any that would look like a mapped one."""
    if _context(event).get("eventType") != EventType.CONNECT:
        return
    for name, value in _pairs(event, "multiValueHeaders", "headers"):
        lower = name.lower()
        if lower in _REPLACED or "_" in lower or not lower.isascii():
            continue
        if not lower.startswith(_REPLACED_PREFIX):
            yield lower.encode(), _bytes(value)


def query_string(event: Any) -> bytes:
    """The query string of the handshake."""
    names = ("multiValueQueryStringParameters", "queryStringParameters")
    return urlencode(list(_pairs(event, *names)), errors="replace").encode()


def body(event: Any) -> bytes:
    """The text of the message; raises InvalidEvent."""
    found = event.get("body")
    if not isinstance(found, str):
        return b""
    if event.get("isBase64Encoded") is not True:
        return _bytes(found)
    try:
        return base64.b64decode(found, validate=True)
    except (binascii.Error, ValueError):
        raise InvalidEvent("The body is not Base64.") from None


def _context(event: Any) -> Mapping[str, Any]:
    found = event.get("requestContext") if isinstance(event, dict) else None
    return found if isinstance(found, dict) else {}


def _value(event: Any, source: str) -> str | None:
    """The value of a source of the mapping: a constant, or a variable."""
    if source.startswith("'"):
        return source.strip("'")
    kind, _, path = source.partition(".")
    if kind == "stageVariables":
        return _text(_member(event.get(kind), path))
    if kind == "context":
        value: Any = _context(event)
        for name in path.split("."):
            value = _member(value, name)
        return _text(value)
    return _of_handshake(event, source)


def _of_handshake(event: Any, source: str) -> str | None:
    """`route.request.header.X` and `route.request.querystring.X`."""
    kind, _, name = source.removeprefix("route.request.").partition(".")
    members = {"header": "headers", "querystring": "queryStringParameters"}.get(kind)
    found = event.get(members) if members else None
    if not isinstance(found, dict):
        return None
    for key, value in found.items():
        if key == name or (kind == "header" and str(key).lower() == name.lower()):
            return _text(value)
    return None


def _member(value: Any, name: str) -> Any:
    return value.get(name) if isinstance(value, dict) else None


def _text(value: Any) -> str | None:
    if value is None or isinstance(value, str):
        return value
    return json.dumps(value)


def _pairs(event: Any, several: str, single: str) -> Iterable[tuple[str, str]]:
    """The values of a member that has lists, or of its twin that has the last values
    alone."""
    lists, values = event.get(several), event.get(single)
    if isinstance(lists, dict) and lists:
        for name, listed in lists.items():
            for value in listed if isinstance(listed, list) else ():
                if isinstance(value, str):
                    yield str(name), value
    elif isinstance(values, dict):
        for name, value in values.items():
            if isinstance(value, str):
                yield str(name), value


def _bytes(text: str) -> bytes:
    return text.encode("utf-8", "replace")
