"""The HTTP request that API Gateway makes of an event: its headers and query string."""

from collections.abc import Mapping
from dataclasses import dataclass

from wsrouter.catalog.snapshot import Integration
from wsrouter.local.rules import context_variables
from wsrouter.local.rules.behaviour import Behaviour
from wsrouter.local.rules.gateway_event import GatewayEvent, HandshakeRequest
from wsrouter.local.rules.identifiers import new_trace_id
from wsrouter.wire import mapping

Headers = list[tuple[str, str]]

DROPPED_HEADERS = frozenset(
    {
        "connection",
        "content-encoding",
        "content-length",
        "expect",
        "host",
        "proxy-authenticate",
        "te",
        "transfer-encoding",
        "upgrade",
        "via",
    }
)
DISCONNECT_HEADERS = {"x-api-key": "", "X-Forwarded-For": "", "x-restapi": ""}
"""Empty headers that were observed on every `$disconnect`; their purpose is unknown."""


@dataclass(frozen=True, kw_only=True, slots=True)
class IntegrationRequest:
    """A POST to the integration's URI; an empty body has no Content-Type."""

    headers: tuple[tuple[str, str], ...]
    query: str = ""
    body: bytes = b""


def build(
    event: GatewayEvent,
    *,
    integration: Integration,
    api_id: str,
    stage: str,
    behaviour: Behaviour,
) -> IntegrationRequest:
    """The request that API Gateway makes of `event`, mapped headers included."""
    context = context_variables.variables(event, api_id=api_id, stage=stage)
    mapped = _mapped_headers(event, integration, context, behaviour)
    client, mapped = _resolve(_client_headers(event), mapped, behaviour.client_header)
    gateway = _except(_gateway_headers(event, api_id, behaviour), mapped)
    headers = [*_except(client, gateway), *gateway, *mapped]
    query = event.handshake.query if event.handshake else ""
    return IntegrationRequest(headers=tuple(headers), query=query, body=event.body)


def _resolve(client: Headers, mapped: Headers, rule: str) -> tuple[Headers, Headers]:
    """The client's and the mapped headers without the names that both have."""
    if rule == "wins":
        return client, _except(mapped, client)
    if rule == "joined":
        mapped = [(name, _joined(client, name, value)) for name, value in mapped]
    return _except(client, mapped), mapped


def _joined(client: Headers, name: str, value: str) -> str:
    client_values = [text for key, text in client if key.lower() == name.lower()]
    return ", ".join([*client_values, value])


def _mapped_headers(
    event: GatewayEvent,
    integration: Integration,
    context: Mapping[str, str],
    behaviour: Behaviour,
) -> Headers:
    mapped: Headers = []
    for target, source in integration.request_parameters.items():
        if target.startswith(mapping.TARGET):
            value = context_variables.evaluate(source, event, context)
            if value is None and behaviour.null_header == "empty":
                value = ""
            if value is not None:
                mapped.append((target.removeprefix(mapping.TARGET), value))
    return mapped


def _client_headers(event: GatewayEvent) -> Headers:
    """The client's own headers that reach the backend: at `$connect` only."""
    if event.handshake is None:
        return []
    return _without(list(event.handshake.headers), DROPPED_HEADERS)


def _gateway_headers(event: GatewayEvent, api_id: str, behaviour: Behaviour) -> Headers:
    headers = {"X-Amzn-Apigateway-Api-Id": api_id}
    if event.handshake is not None:
        return _handshake_headers(event, event.handshake, headers, api_id)
    agent = event.connection.user_agent
    if behaviour.later_user_agent != "client":
        agent = ""
    headers["User-Agent"] = agent or _gateway_agent(api_id)
    if event.type == "DISCONNECT":
        return list({**headers, **DISCONNECT_HEADERS}.items())
    if behaviour.later_trace_id == "sent":
        headers["X-Amzn-Trace-Id"] = new_trace_id()
    headers["Content-Type"] = "application/json; charset=UTF-8"
    return list(headers.items())


def _handshake_headers(
    event: GatewayEvent,
    handshake: HandshakeRequest,
    headers: Mapping[str, str],
    api_id: str,
) -> Headers:
    connection = event.connection
    addresses = [handshake.header("x-forwarded-for"), connection.source_ip]
    added = {
        **headers,
        "User-Agent": connection.user_agent or _gateway_agent(api_id),
        "X-Amzn-Trace-Id": new_trace_id(),
        "X-Forwarded-For": ", ".join(filter(None, addresses)),
        "X-Forwarded-Port": "443",
        "X-Forwarded-Proto": "https",
    }
    return list(added.items())


def _gateway_agent(api_id: str) -> str:
    return f"AmazonAPIGateway_{api_id}"


def _except(headers: Headers, overriding: Headers) -> Headers:
    """The headers whose names are not in `overriding`."""
    if not headers or not overriding:  # as for messages, which have no client headers
        return headers
    return _without(headers, {name.lower() for name, _ in overriding})


def _without(headers: Headers, names: frozenset[str] | set[str]) -> Headers:
    return [(name, value) for name, value in headers if name.lower() not in names]
