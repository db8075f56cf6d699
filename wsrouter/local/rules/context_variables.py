"""The `$context` of an event, and the values that RequestParameters take from it."""

import re
from collections.abc import Mapping
from datetime import UTC, datetime

import orjson

from wsrouter.local.rules.gateway_event import Event
from wsrouter.wire import selection

_HEADER = "route.request.header."
_PARAMETER = "route.request.querystring."
_BODY = "route.request.body."
_CONTEXT = "context."
_CONTROL = re.compile(r"[\x00-\x1f\x7f]")


def variables(event: Event, *, api_id: str, stage: str) -> dict[str, str]:
    """The `$context` variables that are not null, by their name after `context.`."""
    caller, at = event.caller, datetime.fromtimestamp(event.received_at / 1000, UTC)
    known: dict[str, str | None] = {
        "apiId": api_id,
        "authorizer.principalId": caller.principal,
        "connectedAt": str(caller.connected_at),
        "connectionId": caller.connection_id,
        "domainName": caller.domain_name,
        "eventType": event.type,
        "extendedRequestId": event.request_id,
        "identity.sourceIp": caller.source_ip,
        "identity.userAgent": caller.user_agent or None,
        "messageDirection": "IN",
        "messageId": event.message_id,
        "requestId": event.request_id,
        "requestTime": f"{at:%d/%b/%Y:%H:%M:%S} +0000",
        "requestTimeEpoch": str(event.received_at),
        "routeKey": event.route_key,
        "stage": stage,
        "disconnectStatusCode": str(event.close.code) if event.close else None,
        "disconnectReason": event.close.reason if event.close else None,
    }
    return {name: value for name, value in known.items() if value is not None}


def evaluate(source: str, event: Event, context: Mapping[str, str]) -> str | None:
    """The value of a RequestParameters source for this event, None when it is null."""
    value = _lookup(source, event, context)
    if value is None or value.isprintable():  # much the quicker question
        return value
    return _CONTROL.sub(" ", value)


def _lookup(source: str, event: Event, context: Mapping[str, str]) -> str | None:
    if source.startswith(_CONTEXT):
        return context.get(source[len(_CONTEXT) :])
    if source.startswith("'"):
        return source[1:-1]
    if source.startswith(_BODY):
        return _from_body(source.removeprefix(_BODY), event)
    if event.opening is None:
        return None
    if source.startswith(_HEADER):
        return event.opening.header(source.removeprefix(_HEADER))
    if source.startswith(_PARAMETER):
        return event.opening.parameter(source.removeprefix(_PARAMETER))
    return None


def _from_body(path: str, event: Event) -> str | None:
    try:
        body = orjson.loads(event.body)
    except orjson.JSONDecodeError:
        return None
    return selection.parse(f"$request.body.{path}").evaluate(body) or None
