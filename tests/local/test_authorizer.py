"""An authorizer before `$connect`: it is not asked, but it refuses and names."""

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
def test_without_a_source_of_identity_nobody_is_asked(
    query: str, backend: RecordingBackend, gateway: RunningGateway
) -> None:
    with pytest.raises(InvalidStatus) as refused:
        gateway.connect(query, additional_headers={"X-Kind": "device"})
    assert refused.value.response.status_code == 401
    assert refused.value.response.body == b'{"message":"Unauthorized"}'
    assert backend.of("CONNECT") == []
    assert [each.outcome for each in gateway.entries] == [
        "refused 401: no identity source"
    ]


def test_nobody_is_named_unless_somebody_says_who(
    backend: RecordingBackend, start: Start
) -> None:
    """The client's own header does not get through instead."""
    with start(with_authorizer(())).connect(additional_headers={HEADER: "ada"}):
        (request,) = backend.of("CONNECT")
    assert request.header(HEADER) == mapping.NO_PRINCIPAL


@pytest.mark.parametrize("text", ["{", "{name}", "{10}", "{0:d}"])
def test_a_principal_that_cannot_be_made(text: str) -> None:
    with pytest.raises(ArgumentTypeError, match=r"write \{0\} for the first"):
        launch_options._principal(text)


def test_what_may_be_typed() -> None:
    assert principal.format_principal("device:{0}", "4711") == "device:4711"
    assert principal.format_principal("{1}{{", "a", "b") == "b{"
    parser = load_command_class("wsrouter", "ws_local").create_parser("x", "ws_local")
    assert parser.parse_args(["--principal", "ada"]).principal == "ada"
    assert "'device:{0}'" in parser.format_help()
