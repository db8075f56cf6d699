"""The `$context` of an event, and the values that RequestParameters take from it.

AWS documents both in "Set up data mapping for WebSocket APIs in API Gateway".
"""

import re
from collections.abc import Mapping
from datetime import UTC, datetime

import orjson

from wsrouter.local.rules.gateway_event import GatewayEvent
from wsrouter.wire import selection

_HEADER = "route.request.header."
_PARAMETER = "route.request.querystring."
_BODY = "route.request.body."
_CONTEXT = "context."
_CONTROL_CHARACTERS = re.compile(r"[\x00-\x1f\x7f]")


def variables(event: GatewayEvent, *, api_id: str, stage: str) -> dict[str, str]:
    """The `$context` variables that are not null, by their name after `context.`."""
    connection, close = event.connection, event.close
    at = datetime.fromtimestamp(event.received_at / 1000, UTC)
    nullable: dict[str, str | None] = {
        "apiId": api_id,
        "authorizer.principalId": connection.principal,
        "connectedAt": str(connection.connected_at),
        "connectionId": connection.connection_id,
        "domainName": connection.domain_name,
        "eventType": event.type,
        "extendedRequestId": event.request_id,
        "identity.sourceIp": connection.source_ip,
        "identity.userAgent": connection.user_agent or None,
        "messageDirection": "IN",
        "messageId": event.message_id,
        "requestId": event.request_id,
        "requestTime": f"{at:%d/%b/%Y:%H:%M:%S} +0000",
        "requestTimeEpoch": str(event.received_at),
        "routeKey": event.route_key,
        "stage": stage,
        "disconnectStatusCode": str(close.code) if close else None,
        "disconnectReason": close.reason if close else None,
    }
    known = {name: value for name, value in nullable.items() if value is not None}
    for name, value in connection.authorizer_context.items():
        known[f"authorizer.{name}"] = value
    return known


def evaluate(
    source: str, event: GatewayEvent, context: Mapping[str, str]
) -> str | None:
    """The value of a RequestParameters source for this event, None when it is null.

    Control characters, which a header cannot hold, become spaces.
    """
    value = _look_up(source, event, context)
    if value is None or value.isprintable():  # far faster than the regular expression
        return value
    return _CONTROL_CHARACTERS.sub(" ", value)


def _look_up(
    source: str, event: GatewayEvent, context: Mapping[str, str]
) -> str | None:
    if source.startswith(_CONTEXT):
        return context.get(source[len(_CONTEXT) :])
    if source.startswith("'"):
        return source[1:-1]
    if source.startswith(_BODY):
        return _from_body(source.removeprefix(_BODY), event)
    if event.handshake is None:
        return None
    if source.startswith(_HEADER):
        return event.handshake.header(source.removeprefix(_HEADER))
    if source.startswith(_PARAMETER):
        return event.handshake.parameter(source.removeprefix(_PARAMETER))
    return None


def _from_body(path: str, event: GatewayEvent) -> str | None:
    try:
        body = orjson.loads(event.body)
    except orjson.JSONDecodeError:
        return None
    return selection.parse(f"$request.body.{path}").evaluate(body) or None
