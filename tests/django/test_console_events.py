"""Test events, which the console sends to one connection."""

import json
import logging
from collections.abc import Iterator
from typing import Any

import pytest
from django.contrib.auth.models import Permission, User
from django.test import Client
from pydantic import BaseModel

from tests.django.events import serving
from wsrouter import Router
from wsrouter.testing import WebSocketClient

pytestmark = pytest.mark.django_db
URL = "/ws/test-event/"


class Status(BaseModel):
    order_id: int


router = Router()
status = router.event("orders.status", Status)


@router.connect
def accept() -> None: ...


@pytest.fixture(autouse=True)
def _served() -> Iterator[None]:
    with serving(router, DOCS="staff"):
        yield


@pytest.fixture
def socket() -> Iterator[WebSocketClient]:
    with WebSocketClient(User.objects.create_user("ada")) as opened:
        yield opened


def a_client(*, may_send: bool = True, is_staff: bool = True) -> Client:
    user = User.objects.create_user("eve", is_staff=is_staff)
    if may_send:
        permission = Permission.objects.get(codename="send_test_event")
        user.user_permissions.add(permission)
    client = Client()
    client.force_login(user)
    return client


def send(client: Client, socket: WebSocketClient, **changes: Any) -> Any:
    asked = {
        "event": "orders.status",
        "connection": socket.connection_id,
        "payload": {"order_id": 7},
    }
    body = json.dumps(asked | changes)
    return client.post(URL, body, content_type="application/json")


def test_the_connection_gets_it_and_nobody_else(
    socket: WebSocketClient, caplog: pytest.LogCaptureFixture
) -> None:
    with WebSocketClient(User.objects.create_user("ben")) as other:
        with caplog.at_level(logging.INFO, "wsrouter.security"):
            answer = send(a_client(), socket)
        assert answer.json() == {"delivered": True}
        assert socket.receive("orders.status")["payload"] == {"order_id": 7}
        assert other.frames == []
    assert "sent a test event orders.status to connection" in caplog.text


def test_what_is_refused(socket: WebSocketClient) -> None:
    client = a_client()
    for status_code, changes, reason in (
        (400, {"payload": {"order_id": "x"}}, "order_id"),
        (400, {"payload": None}, "Status"),
        (404, {"event": "orders"}, "no such event"),
        (404, {"event": ["x"]}, "no such event"),
        (404, {"connection": "c0000"}, "not open any more"),
        (404, {"connection": None}, "not open any more"),
    ):
        answer = send(client, socket, **changes)
        assert answer.status_code == status_code, changes
        assert reason in answer.json()["error"]
    for body in ("", "[]", "[" * 10_000, '"x"'):
        refused = client.post(URL, body, content_type="application/json")
        assert refused.status_code == 404
    assert socket.frames == []


@pytest.mark.parametrize(
    ("who", "status_code"),
    [({"may_send": False}, 403), ({"is_staff": False}, 404)],
)
def test_who_may_not(
    socket: WebSocketClient, who: dict[str, bool], status_code: int
) -> None:
    assert send(a_client(**who), socket).status_code == status_code
    assert socket.frames == []


def test_other_methods_and_sites_may_not(socket: WebSocketClient) -> None:
    client = a_client()
    assert client.get(URL).status_code == 405
    strict = Client(enforce_csrf_checks=True)
    strict.force_login(User.objects.get(username="eve"))
    assert send(strict, socket).status_code == 403
    assert socket.frames == []


def test_the_page_knows_the_connection_with_the_permission_alone(
    socket: WebSocketClient,
) -> None:
    page = f"/ws/docs/?connection={socket.connection_id}"
    marked = f'data-connection-id="{socket.connection_id}"'

    client = a_client()
    assert marked in client.get(page).content.decode()
    assert "data-connection-id" not in client.get("/ws/docs/").content.decode()
    User.objects.get(username="eve").user_permissions.clear()
    assert "data-connection-id" not in client.get(page).content.decode()
