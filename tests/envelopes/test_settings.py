"""What follows from an envelope of one's own: for the published API, and for whatever
speaks the library's own envelopes alone."""

from io import StringIO
from typing import Any

import pytest
from django.core.checks import run_checks
from django.core.management import CommandError, call_command
from django.test import Client

from tests.django.events import serving
from tests.envelopes import routes
from tests.envelopes.conftest import DIALECTS
from wsrouter import Keep, Raw, Router
from wsrouter.client.asyncio_client import Client as PythonClient
from wsrouter.wiring import documents, publisher

RPC = DIALECTS["json-rpc"].setting


@pytest.mark.parametrize(
    ("name", "expression"),
    [
        ("flat", "$request.body.action"),
        ("handler", "$request.body.handler"),
        ("json-rpc", "$request.body.method"),
    ],
)
def test_the_route_selection_expression(name: str, expression: str) -> None:
    with serving(routes.router, ENVELOPE=DIALECTS[name].setting):
        published = publisher.local_snapshot()
    assert published.api.route_selection_expression == expression
    assert "orders.watch" in published.routes


def test_without_a_key_only_default_is_published() -> None:
    with serving(routes.router, ENVELOPE=DIALECTS["ocpp"].setting):
        keys = publisher.local_snapshot().routes
    assert set(keys) == {"$connect", "$disconnect", "$default"}


def test_kept_events_are_warned_of() -> None:
    router = Router()
    router.event("kept", str, keep=Keep(last=10))
    with serving(router, ENVELOPE=RPC):
        [warning] = [found for found in run_checks() if found.id == "wsrouter.W029"]
    assert "JsonRpcEnvelope" in warning.msg


WHY = "knows the frames of the envelopes 'nested' and 'flat'"


@pytest.mark.parametrize("kind", ["asyncapi", "typescript"])
def test_documents_refuse(kind: str) -> None:
    with (
        serving(routes.router, ENVELOPE=RPC),
        pytest.raises(CommandError, match=WHY),
    ):
        call_command("ws_export", kind, stdout=StringIO())


def test_pages_refuse(settings: Any) -> None:
    settings.DEBUG = True
    with serving(routes.router, ENVELOPE=RPC, DOCS="public"):
        document = Client().get("/ws/asyncapi.json")
        console = Client().get("/ws/docs/")
    assert document.status_code == 404
    assert WHY in document.content.decode()
    assert "JsonRpcEnvelope" in console.content.decode()


def test_clients_refuse() -> None:
    with (
        serving(routes.router, ENVELOPE=RPC),
        pytest.raises(CommandError, match=f"ws_call {WHY}"),
    ):
        call_command("ws_call", "orders.count", stdout=StringIO())
    with pytest.raises(ValueError, match="'nested' and 'flat', not 'rpc'"):
        PythonClient("ws://127.0.0.1:1", envelope="rpc")


def test_the_document_of_a_raw_answer() -> None:
    router = Router()

    @router.route("both")
    def both() -> Raw | int:
        return Raw("1")

    @router.route("raw")
    def raw() -> Raw:
        return Raw("1")

    with serving(router):
        found = documents.asyncapi_document()["channels"]["socket"]["messages"]
        types = documents.typescript_text()
    assert found["reply.raw"]["contentType"] == "text/plain"
    frame = found["reply.both"]["payload"]["properties"]
    assert frame["payload"] == {"type": "integer"}
    assert "reply: number" in types
