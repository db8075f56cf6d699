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
from wsrouter.local.rules import principal
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
    assert principal.format_principal("device:{0}", "4711") == "device:4711"
    assert principal.format_principal("{1}{{", "a", "b") == "b{"
    parser = load_command_class("wsrouter", "ws_local").create_parser("x", "ws_local")
    assert parser.parse_args(["--principal", "ada"]).principal == "ada"
    assert "'device:{0}'" in parser.format_help()
