"""The authorizer of `$connect`: it is not called, but it refuses and sets the
principal."""

from argparse import ArgumentTypeError
from dataclasses import replace
from typing import Any

import pytest
from django.core.management import load_command_class
from websockets.exceptions import InvalidStatus

from tests.local.conftest import Start
from tests.local.recording_backend import RecordingBackend, wait_until
from tests.local.running_gateway import SECRET, RunningGateway, snapshot
from wsrouter.catalog.snapshot import Authorizer, RouteEntry
from wsrouter.local.rules import authorizer_template
from wsrouter.ops.ws_local import launch_options
from wsrouter.wire import mapping

HEADER = f"{mapping.PREFIX}Principal-Id"
SOURCES = ("route.request.querystring.serial", "route.request.header.X-Kind")


@pytest.fixture
def gateway(start: Start) -> RunningGateway:
    return start(with_authorizer(SOURCES), principal="{1}:{0}")


def with_authorizer(sources: tuple[str, ...]) -> Any:
    mapped = mapping.request_parameters(
        alias="default",
        secret=SECRET,
        extra={"Principal-Id": "context.authorizer.principalId"},
    )
    served = snapshot("$connect", "$disconnect", "a", parameters=mapped)
    connect = RouteEntry(
        key="$connect", authorization_type="CUSTOM", authorizer="shop-default"
    )
    return replace(
        served,
        routes={**served.routes, "$connect": connect},
        authorizer=Authorizer(name="shop-default", uri="arn", identity_source=sources),
    )


def test_every_event_has_the_principal(
    backend: RecordingBackend, gateway: RunningGateway
) -> None:
    kind = {"X-Kind": "device"}
    with gateway.connect("?serial=4711", additional_headers=kind) as client:
        client.send('{"action": "a"}')
        wait_until(lambda: len(backend.of("MESSAGE")) == 1)
    wait_until(lambda: len(backend.of("DISCONNECT")) == 1)
    for event in ("CONNECT", "MESSAGE", "DISCONNECT"):
        (request,) = backend.of(event)
        assert request.header(HEADER) == "device:4711"


@pytest.mark.parametrize("query", ["", "?serial=", "?Serial=4711"])
def test_without_an_identity_source_the_backend_is_not_called(
    query: str, backend: RecordingBackend, gateway: RunningGateway
) -> None:
    with pytest.raises(InvalidStatus) as refused:
        gateway.connect(query, additional_headers={"X-Kind": "device"})
    assert refused.value.response.status_code == 401
    assert refused.value.response.body == b'{"message":"Unauthorized"}'
    assert backend.of("CONNECT") == []
    assert [entry.outcome for entry in gateway.entries] == [
        "refused 401: no identity source"
    ]


def test_every_event_has_the_context(backend: RecordingBackend, start: Start) -> None:
    mapped = mapping.request_parameters(
        alias="default",
        secret=SECRET,
        extra={
            "Tenant": "context.authorizer.tenant",
            "Serial": "context.authorizer.serial",
            "Missing": "context.authorizer.missing",
        },
    )
    served = with_authorizer(SOURCES)
    integration = replace(served.integration, request_parameters=mapped)
    context = {"tenant": "acme", "serial": "no. {0}"}
    gateway = start(
        replace(served, integration=integration), authorizer_context=context
    )
    kind = {"X-Kind": "device"}
    with gateway.connect("?serial=4711", additional_headers=kind) as client:
        client.send('{"action": "a"}')
        backend.wait_for("MESSAGE")
    backend.wait_for("DISCONNECT")
    for event in ("CONNECT", "MESSAGE", "DISCONNECT"):
        (request,) = backend.of(event)
        assert request.header(f"{mapping.PREFIX}Tenant") == "acme"
        assert request.header(f"{mapping.PREFIX}Serial") == "no. 4711"
        assert request.header(f"{mapping.PREFIX}Missing") is None


def test_there_is_no_context_without_an_authorizer(
    backend: RecordingBackend, start: Start
) -> None:
    mapped = mapping.request_parameters(
        alias="default", secret=SECRET, extra={"Tenant": "context.authorizer.tenant"}
    )
    served = snapshot("$connect", parameters=mapped)
    with start(served, authorizer_context={"tenant": "acme"}).connect():
        (request,) = backend.of("CONNECT")
    assert request.header(f"{mapping.PREFIX}Tenant") is None


@pytest.mark.parametrize(
    "text", ["tenant", "=acme", "principalId=ada", "tenant={", "tenant={name}"]
)
def test_a_context_value_that_cannot_be_used(text: str) -> None:
    with pytest.raises(ArgumentTypeError, match="cannot be used"):
        launch_options._authorizer_value(text)


def test_the_context_option_may_be_repeated() -> None:
    parser = load_command_class("wsrouter", "ws_local").create_parser("x", "ws_local")
    options = ["--authorizer-context", "a=1=2", "--authorizer-context", "b={0}"]
    parsed = parser.parse_args(options).authorizer_context
    assert parsed == [("a", "1=2"), ("b", "{0}")]
    assert parser.parse_args([]).authorizer_context == []


def test_there_is_no_principal_without_the_option(
    backend: RecordingBackend, start: Start
) -> None:
    """A client's own header of that name does not pass either."""
    with start(with_authorizer(())).connect(additional_headers={HEADER: "ada"}):
        (request,) = backend.of("CONNECT")
    assert request.header(HEADER) == mapping.NO_PRINCIPAL


@pytest.mark.parametrize("text", ["{", "{name}", "{10}", "{0:d}"])
def test_a_principal_that_cannot_be_formatted(text: str) -> None:
    with pytest.raises(ArgumentTypeError, match=r"write \{0\} for the first"):
        launch_options._principal(text)


def test_the_option() -> None:
    assert authorizer_template.fill("device:{0}", "4711") == "device:4711"
    assert authorizer_template.fill("{1}{{", "a", "b") == "b{"
    parser = load_command_class("wsrouter", "ws_local").create_parser("x", "ws_local")
    assert parser.parse_args(["--principal", "ada"]).principal == "ada"
    assert "'device:{0}'" in parser.format_help()
