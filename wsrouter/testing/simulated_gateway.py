"""Takes the place of API Gateway in tests: posts events to the real endpoint and holds
the sockets of test clients."""

import base64
import secrets
import threading
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager
from typing import Any

from django.db import connections
from django.http import HttpResponse
from django.test import Client
from django.urls import NoReverseMatch
from pydantic_core import from_json, to_json

from wsrouter.conf import ConfigurationError
from wsrouter.delivery.memory import MemoryTransport
from wsrouter.options.gateway import Gateway
from wsrouter.registry.transactions import is_testcase_only
from wsrouter.routing.frame import EventType
from wsrouter.routing.table import table
from wsrouter.testing.faulty_transport import FaultyTransport
from wsrouter.testing.message_text import message_text
from wsrouter.testing.substitution import substituted
from wsrouter.wire import mapping, selection
from wsrouter.wiring import leaving
from wsrouter.wiring.endpoint_path import endpoint_path
from wsrouter.wiring.routers import root_router

API_ID = "testing000"
PING = "wsrouter.ping"


def token() -> str:
    """An id in API Gateway's form: 15 base64url characters and `=`."""
    return base64.urlsafe_b64encode(secrets.token_bytes(11)).decode()


class SimulatedGateway:
    """One for the process. While it has clients, events are sent through it, and its
    secret is accepted."""

    def __init__(self) -> None:
        self.sockets = MemoryTransport()
        self.transport = FaultyTransport(self.sockets)
        self._secret = secrets.token_hex(32)
        self._clients = 0
        self._substitution = ExitStack()

    @property
    def has_clients(self) -> bool:
        return self._clients > 0

    def enter(self) -> None:
        if self._clients == 0:
            substitution = substituted(
                transport=self.transport, secret=self._secret, retries_at_once=True
            )
            self._substitution.enter_context(substitution)
        self._clients += 1

    def leave(self) -> None:
        self._clients -= 1
        if self._clients == 0:
            self._substitution.close()

    @contextmanager
    def event(self) -> Iterator[None]:
        """Around everything that happens with one event: at its end comes what waits
        for the commit, and for the answer that the client has got."""
        with leaving.held():
            try:
                yield
            finally:
                run_on_commit_callbacks()

    def post(
        self,
        browser: Client,
        gateway: Gateway,
        context: Mapping[str, str],
        *,
        body: str = "",
        query: str = "",
        headers: Mapping[str, str] | None = None,
    ) -> HttpResponse:
        """Post one event; call it in `event`."""
        sent = dict(headers or {})
        for target, source in mapped(gateway, self._secret).items():
            if value := _evaluate(source, context):
                sent[target.removeprefix(mapping.TARGET)] = _as_header(value)
        return browser.post(  # type: ignore[return-value]
            _endpoint() + (f"?{query}" if query else ""),
            data=body,
            content_type="application/json",
            secure=True,
            headers=sent,
        )


def mapped(gateway: Gateway, secret: str) -> dict[str, str]:
    """The headers of the gateway's integration, with this secret."""
    return mapping.request_parameters(
        alias=gateway.alias,
        secret=secret,
        extra=gateway.headers,
        authorized=bool(gateway.authorizer),
    )


def selected_key(gateway: Gateway, text: str) -> str | None:
    """The published route key that a message selects, None when nothing does."""
    declared = table(root_router(gateway))
    keys = set(declared.routes) if gateway.publish == "routes" else set()
    if gateway.default_route:
        keys |= {"$default"}
    elif gateway.publish == "routes":
        keys |= set(declared.library)
    try:
        body = from_json(text)
    except ValueError:
        body = None
    chosen = selection.parse(gateway.route_selection_expression).evaluate(body)
    if chosen in keys:
        return chosen
    return "$default" if "$default" in keys else None


def can_ping(gateway: Gateway) -> bool:
    """Whether a ping selects a route. An application's own envelope has no streams to
    ask for."""
    return gateway.custom_envelope is None and (
        selected_key(gateway, message_text(gateway, PING, message_id="1")) is not None
    )


def event_context(
    event: EventType, connection_id: str, route_key: str, **more: str
) -> dict[str, str]:
    """The `context` variables of one event, without those that are null."""
    return {
        "eventType": event,
        "routeKey": route_key,
        "connectionId": connection_id,
        "requestId": token(),
        "apiId": API_ID,
        "domainName": f"{API_ID}.execute-api.local",
        **more,
    }


def authorizer_context(values: Mapping[str, str | float | bool]) -> dict[str, str]:
    """The `context.authorizer` variables: API Gateway turns each value into text."""
    context: dict[str, str] = {}
    for name, value in values.items():
        if not isinstance(value, str | int | float):
            raise TypeError(
                "An authorizer returns text, numbers and booleans,"
                f" not {name}={value!r}."
            )
        text = value if isinstance(value, str) else to_json(value).decode()
        context[f"authorizer.{name}"] = text
    return context


def run_on_commit_callbacks() -> None:
    """A TestCase never commits, so its `on_commit` callbacks are run here, unless the
    test itself has a transaction open."""
    for connection in connections.all(initialized_only=True):
        while connection.run_on_commit and is_testcase_only(connection):
            waiting: tuple[Any, ...] = connection.run_on_commit.pop(0)
            waiting[1]()


def close_connections_of_thread() -> None:
    """In a thread that an async test has used; one with a transaction goes on."""
    if threading.current_thread() is not threading.main_thread():
        for connection in connections.all(initialized_only=True):
            if not connection.in_atomic_block:
                connection.close()


def _endpoint() -> str:
    try:
        return endpoint_path()
    except NoReverseMatch as error:
        raise ConfigurationError(
            'The URLs have no endpoint; add path("ws/", include("wsrouter.urls")).'
        ) from error


def _as_header(value: str) -> str:
    """Servers hand the bytes of a header to Django as Latin-1."""
    return value.encode().decode("latin-1")


def _evaluate(source: str, context: Mapping[str, str]) -> str:
    if source.startswith("'"):
        return source.strip("'")
    name = source.removeprefix("context.").removeprefix("identity.")
    return context.get(name, "")


memory = SimulatedGateway()
