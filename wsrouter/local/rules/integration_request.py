"""The HTTP request that an event becomes: which headers, which query string."""

from collections.abc import Mapping
from dataclasses import dataclass, replace

from wsrouter.catalog.snapshot import Snapshot
from wsrouter.local.rules import context_variables
from wsrouter.local.rules.behaviour import Behaviour
from wsrouter.local.rules.gateway_event import Event, Opening
from wsrouter.local.rules.identifiers import new_trace_id
from wsrouter.wire import mapping

Headers = list[tuple[str, str]]

_NOT_PASSED = frozenset(
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
_EMPTY = {"x-api-key": "", "X-Forwarded-For": "", "x-restapi": ""}
"""What API Gateway sends with `$disconnect`, whatever it means by it."""


@dataclass(frozen=True, kw_only=True, slots=True)
class IntegrationRequest:
    """A POST to the integration's URI; an empty body has no Content-Type."""

    headers: tuple[tuple[str, str], ...]
    query: str = ""
    body: bytes = b""


def build(
    event: Event, *, snapshot: Snapshot, api_id: str, behaviour: Behaviour
) -> IntegrationRequest:
    """The request that API Gateway makes of `event`, mapped headers included."""
    if behaviour.disconnect_code == "null":
        event = replace(event, close=None)
    mapped = _mapped(event, snapshot, api_id, behaviour)
    client, mapped = _settled(_passed(event), mapped, behaviour.client_header)
    own = _beside(_own_headers(event, api_id, behaviour), mapped)
    headers = [*_beside(client, own), *own, *mapped]
    query = event.opening.query if event.opening else ""
    return IntegrationRequest(headers=tuple(headers), query=query, body=event.body)


def _settled(client: Headers, mapped: Headers, rule: str) -> tuple[Headers, Headers]:
    """What is left of the client's headers, and what becomes of the mapped ones."""
    if rule == "wins":
        return client, _beside(mapped, client)
    if rule == "joined":
        mapped = [(name, _joined(client, name, value)) for name, value in mapped]
    return _beside(client, mapped), mapped


def _joined(client: Headers, name: str, value: str) -> str:
    theirs = [text for key, text in client if key.lower() == name.lower()]
    return ", ".join([*theirs, value])


def _mapped(
    event: Event, snapshot: Snapshot, api_id: str, behaviour: Behaviour
) -> Headers:
    known = context_variables.variables(event, api_id=api_id, stage=snapshot.stage.name)
    mapped: Headers = []
    for target, source in snapshot.integration.request_parameters.items():
        if target.startswith(mapping.TARGET):
            value = context_variables.evaluate(source, event, known)
            if value is None and behaviour.null_header == "empty":
                value = ""
            if value is not None:
                mapped.append((target.removeprefix(mapping.TARGET), value))
    return mapped


def _passed(event: Event) -> Headers:
    """The client's own headers that reach the backend: at `$connect` only."""
    return _without(list(event.opening.headers), _NOT_PASSED) if event.opening else []


def _own_headers(event: Event, api_id: str, behaviour: Behaviour) -> Headers:
    always = {"X-Amzn-Apigateway-Api-Id": api_id}
    if event.opening is not None:
        return _handshake(event, event.opening, always, api_id)
    client = event.caller.user_agent if behaviour.later_user_agent == "client" else ""
    always["User-Agent"] = client or _gateway_agent(api_id)
    if event.type == "DISCONNECT":
        return list({**always, **_EMPTY}.items())
    if behaviour.later_trace_id == "sent":
        always["X-Amzn-Trace-Id"] = new_trace_id()
    always["Content-Type"] = "application/json; charset=UTF-8"
    return list(always.items())


def _handshake(
    event: Event, opening: Opening, always: Mapping[str, str], api_id: str
) -> Headers:
    forwarded = opening.header("x-forwarded-for")
    added = {
        **always,
        "User-Agent": event.caller.user_agent or _gateway_agent(api_id),
        "X-Amzn-Trace-Id": new_trace_id(),
        "X-Forwarded-For": ", ".join(filter(None, [forwarded, event.caller.source_ip])),
        "X-Forwarded-Port": "443",
        "X-Forwarded-Proto": "https",
    }
    return list(added.items())


def _gateway_agent(api_id: str) -> str:
    return f"AmazonAPIGateway_{api_id}"


def _beside(headers: Headers, others: Headers) -> Headers:
    """Those that `others` does not have; a message has none of the client's."""
    if not headers or not others:
        return headers
    return _without(headers, {name.lower() for name, _ in others})


def _without(headers: Headers, names: frozenset[str] | set[str]) -> Headers:
    return [(name, value) for name, value in headers if name.lower() not in names]
