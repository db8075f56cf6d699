"""The event that API Gateway gives to a Lambda function, as the AWS_PROXY integration.

Its members are those of the Lambda Developer Guide, "Invoking a Lambda function using
an Amazon API Gateway endpoint", and of the events that functions were seen to get.
"""

from collections.abc import Iterable, Iterator
from typing import Any
from urllib.parse import parse_qsl

import orjson

from wsrouter.local.rules import context_variables
from wsrouter.local.rules.gateway_event import GatewayEvent, HandshakeRequest
from wsrouter.local.rules.identifiers import new_trace_id
from wsrouter.local.rules.integration_request import (
    DISCONNECT_HEADERS,
    DROPPED_HEADERS,
    IntegrationRequest,
)

Pairs = list[tuple[str, str]]
_NUMBERS = frozenset({"connectedAt", "requestTimeEpoch", "disconnectStatusCode"})
_CONTENT_TYPE = ("Content-Type", "application/json")


def build(event: GatewayEvent, *, api_id: str, stage: str) -> IntegrationRequest:
    """The invocation for `event`: only a handshake has headers and a query string."""
    content = {
        **_members(event),
        "requestContext": _context(event, api_id, stage),
        "isBase64Encoded": False,
    }
    if event.type == "MESSAGE":
        content["body"] = event.body.decode()
    return IntegrationRequest(headers=(_CONTENT_TYPE,), body=orjson.dumps(content))


def _members(event: GatewayEvent) -> dict[str, Any]:
    host = ("Host", event.connection.domain_name)
    if event.handshake is not None:
        headers = [host, *_handshake_headers(event, event.handshake)]
        query = parse_qsl(event.handshake.query, keep_blank_values=True)
        return {
            **_twice("headers", "multiValueHeaders", headers),
            **(_twice(*_QUERY, query) if query else {}),
        }
    if event.type == "DISCONNECT":
        headers = [host, *DISCONNECT_HEADERS.items()]
        return _twice("headers", "multiValueHeaders", headers)
    return {}


_QUERY = ("queryStringParameters", "multiValueQueryStringParameters")


def _twice(
    single: str, several: str, pairs: Iterable[tuple[str, str]]
) -> dict[str, Any]:
    """Every name with its last value, and with the list of all."""
    lists: dict[str, list[str]] = {}
    for name, value in pairs:
        lists.setdefault(name, []).append(value)
    return {
        single: {name: values[-1] for name, values in lists.items()},
        several: lists,
    }


def _handshake_headers(
    event: GatewayEvent, handshake: HandshakeRequest
) -> Iterator[tuple[str, str]]:
    addresses = [handshake.header("x-forwarded-for"), event.connection.source_ip]
    added = {
        "X-Amzn-Trace-Id": new_trace_id(),
        "X-Forwarded-For": ", ".join(filter(None, addresses)),
        "X-Forwarded-Port": "443",
        "X-Forwarded-Proto": "https",
    }
    names = DROPPED_HEADERS | {name.lower() for name in added}
    for name, value in handshake.headers:
        if name.lower() not in names:
            yield name.title(), value
    yield from added.items()


def _context(event: GatewayEvent, api_id: str, stage: str) -> dict[str, Any]:
    """The `$context` with its numbers, and with `identity` and `authorizer` as
    objects."""
    known = context_variables.variables(event, api_id=api_id, stage=stage)
    context: dict[str, Any] = {}
    for path, text in known.items():
        outer, _, inner = path.partition(".")
        value: Any = int(text) if path in _NUMBERS else text
        if inner:
            context.setdefault(outer, {})[inner] = value
        else:
            context[outer] = value
    return context
