"""`wsrouter.testing.WebSocketClient`, in every kind of test."""

import gc
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.db import transaction
from django.http import HttpRequest, HttpResponse
from django.test import TestCase, TransactionTestCase, override_settings
from django.urls import path
from pydantic import BaseModel

from tests.django.events import serving
from wsrouter import Accept, Connection, MessageError, Reject, Router, assembly
from wsrouter.aws.connections import Connections
from wsrouter.conf import ConfigurationError
from wsrouter.errors import EventTooLarge
from wsrouter.models import OpenConnection
from wsrouter.testing import ErrorFrame, HandshakeRefused, WebSocketClient

router = Router()
told = router.event("told", str)
urlpatterns = [path("", lambda request: HttpResponse())]


class Watch(BaseModel):
    order_id: int


@router.connect
def opened(connection: Connection, request: HttpRequest) -> Accept:
    if "refuse" in request.GET:
        raise Reject(401, "Who are you?")
    if "crash" in request.GET:
        raise RuntimeError("hunter2")
    connection.state["room"] = request.GET.get("room", "")
    connection.state["tenant"] = request.headers.get("X-Tenant", "")
    assert request.is_secure()
    return Accept(request.headers.get("Sec-WebSocket-Protocol", ""))


@router.route("watch")
def watch(payload: Watch, connection: Connection) -> dict[str, Any]:
    connection.join("orders")
    return {"order_id": payload.order_id, "user": str(connection.user)}


@router.route("facts")
def facts(connection: Connection) -> list[Any]:
    return [connection.source_ip, connection.user_agent, dict(connection.state)]


@router.route("tell")
def tell(payload: str) -> None:
    told.send(payload, everyone=True)


@router.route("fail")
def fail() -> None:
    raise MessageError("sold_out", "None left.")


@router.route("crash")
def crash() -> None:
    raise RuntimeError("hunter2")


@router.route("close")
def close(connection: Connection) -> None:
    connection.close()


@pytest.fixture(autouse=True)
def _served(caplog: pytest.LogCaptureFixture) -> Any:
    with serving(router):
        yield
    caplog.get_records("call").clear()  # tracebacks keep what a test had
    gc.collect()
    assert_real_transport()


def assert_real_transport() -> None:
    """Nothing of the test client is left."""
    assert isinstance(assembly.transport(), Connections)
    assert len(assembly.accepted_secrets("default")) < 2


def everything(user: User) -> None:
    with WebSocketClient(user) as client:
        reply = client.call("watch", Watch(order_id=7))
        assert reply == {"order_id": 7, "user": "ada"}
        told.send("pushed", group="orders")
        assert client.receive("told")["payload"] == "pushed"
        client.send("tell", "all", id="1")
        assert client.receive("reply")["id"] == "1"
        assert client.receive()["payload"] == "all"
        assert client.frames == []
    assert not OpenConnection.objects.exists()


class InATestCase(TestCase):
    def test_everything(self) -> None:
        everything(User.objects.create_user("ada"))

    def test_an_open_transaction_of_the_test_is_waited_for(self) -> None:
        with WebSocketClient() as client:
            with transaction.atomic():
                told.send("x", everyone=True)
                assert client.frames == []
            assert client.receive()["payload"] == "x"

    def test_what_is_rolled_back_is_not_sent(self) -> None:
        with WebSocketClient() as client:
            with transaction.atomic():
                told.send("x", everyone=True)
                transaction.set_rollback(True)
            assert client.frames == []

    def test_kept_on_the_test(self) -> None:
        self.socket = WebSocketClient().connect()
        self.addCleanup(delattr, self, "socket")
        self.socket.call("facts")

    def test_callbacks_captured_by_the_test_can_be_seen_still(self) -> None:
        with WebSocketClient() as client:
            with self.captureOnCommitCallbacks(execute=True):
                told.send("x", everyone=True)
            assert client.receive()["payload"] == "x"


class InATransactionTestCase(TransactionTestCase):
    def test_everything(self) -> None:
        everything(User.objects.create_user("ada"))

    def test_a_transaction_is_waited_for(self) -> None:
        with WebSocketClient() as client:
            with transaction.atomic():
                told.send("x", everyone=True)
                assert client.frames == []
            assert client.receive()["payload"] == "x"


@pytest.mark.django_db
@pytest.mark.parametrize("kept", [True, False])
def test_a_client_that_was_never_closed_leaves_nothing(kept: bool) -> None:
    client = WebSocketClient().connect()
    assert not isinstance(assembly.transport(), Connections)
    assert client.call("facts")
    if not kept:
        del client
        gc.collect()
        assert_real_transport()


@pytest.mark.django_db
def test_the_handshake_has_headers_and_a_query_string() -> None:
    client = WebSocketClient().connect(
        query="room=7",
        headers={"X-Tenant": "acme", "Sec-WebSocket-Protocol": "v1"},
        source_ip="203.0.113.9",
        user_agent="Mozilla/5.0",
    )
    assert client.subprotocol == "v1"
    state = {"room": "7", "tenant": "acme"}
    assert client.call("facts") == ["203.0.113.9", "Mozilla/5.0", state]


@pytest.mark.django_db
def test_a_refused_handshake() -> None:
    client = WebSocketClient()
    with pytest.raises(HandshakeRefused, match="401 Who are you") as refused:
        client.connect(query="refuse")
    assert (refused.value.status, client.is_open) == (401, False)
    with pytest.raises(AssertionError, match="not open"):
        client.send("facts")


@pytest.mark.django_db
def test_an_error_frame() -> None:
    with WebSocketClient() as client:
        with pytest.raises(ErrorFrame, match="sold_out") as raised:
            client.call("fail")
        assert raised.value.code == "sold_out"
        client.send("fail", id=7)
        assert client.receive("error")["id"] == 7
        client.send_text("hello")
        assert client.receive("error")["error"]["code"] == "malformed_frame"


@pytest.mark.django_db
def test_a_crash_is_raised_in_the_test() -> None:
    with WebSocketClient() as client, pytest.raises(RuntimeError, match="hunter2"):
        client.call("crash")
    with pytest.raises(RuntimeError, match="hunter2"):
        WebSocketClient().connect(query="crash")


@pytest.mark.django_db
def test_or_is_answered_as_in_production() -> None:
    client = WebSocketClient(raise_exceptions=False)
    with pytest.raises(HandshakeRefused, match="500"):
        client.connect(query="crash")
    client.connect()
    with pytest.raises(ErrorFrame, match="internal_error"):
        client.call("crash")


@pytest.mark.django_db
def test_several_clients() -> None:
    with WebSocketClient() as one, WebSocketClient() as two:
        one.send("tell", "x")
        assert one.receive()["payload"] == two.receive()["payload"] == "x"
        two.disconnect()
        told.send("y", everyone=True)
        assert [each["payload"] for each in one.frames] == ["y"]
        assert two.frames == []
    assert one.connection_id != two.connection_id


@pytest.mark.django_db
def test_a_client_can_connect_again() -> None:
    client = WebSocketClient()
    with client:
        first = client.connection_id
        with pytest.raises(AssertionError, match="open already"):
            client.connect()
    with client:
        assert client.connection_id != first
        assert client.call("facts")
        assert client.close_code is None


@pytest.mark.django_db
def test_closed_by_a_handler() -> None:
    client = WebSocketClient().connect()
    client.send("close")
    assert (client.is_open, client.close_code) == (False, 1000)
    assert not OpenConnection.objects.exists()


@pytest.mark.django_db
def test_a_frame_that_is_too_large_closes_the_connection() -> None:
    client = WebSocketClient().connect()
    client.send_text("x" * (128 * 1024 + 1))
    assert (client.is_open, client.close_code) == (False, 1009)
    with pytest.raises(EventTooLarge):
        told.send("x" * (128 * 1024), everyone=True)


@pytest.mark.django_db
def test_nothing_there_says_what_is() -> None:
    with WebSocketClient() as client:
        told.send("x", everyone=True)
        with pytest.raises(AssertionError, match="told"):
            client.receive("reply")
    with (
        serving(router, DEFAULT_ROUTE=False),
        WebSocketClient() as client,
        pytest.raises(AssertionError, match=r"not answered.*Forbidden"),
    ):
        client.call("no.such.route")


@pytest.mark.django_db
@pytest.mark.parametrize("options", [{}, {"SECRET": ""}, {"SECRET": "weak"}])
def test_no_secret_is_needed(options: Any) -> None:
    entry = {"ROUTER": "tests.django.events.served"}
    with override_settings(WSROUTER={"default": entry | options}):
        assert WebSocketClient().connect().call("facts")


@pytest.mark.django_db
@pytest.mark.parametrize("setting", [{"default": {}}, None])
def test_no_setting_is_needed_at_all(setting: Any, settings: Any) -> None:
    if setting is None:
        del settings.WSROUTER
    else:
        settings.WSROUTER = setting
    assert WebSocketClient().connect().call("shop.echo", "x") == "x"


@pytest.mark.django_db
@override_settings(SECURE_SSL_REDIRECT=True)
def test_a_project_that_redirects_to_https() -> None:
    middleware = "django.middleware.security.SecurityMiddleware"
    with override_settings(MIDDLEWARE=[middleware]):
        assert WebSocketClient().connect().call("facts")


@pytest.mark.django_db
@override_settings(ROOT_URLCONF="tests.django.test_client")
def test_urls_without_the_endpoint() -> None:
    with pytest.raises(ConfigurationError, match=r'include\("wsrouter.urls"\)'):
        WebSocketClient().connect()


@pytest.mark.django_db
def test_a_gateway_that_is_not_configured() -> None:
    with pytest.raises(ConfigurationError, match="'other', only: default"):
        WebSocketClient(gateway="other")


@pytest.mark.django_db
def test_other_settings_of_the_gateway() -> None:
    flat = {"ENVELOPE": "flat", "REPLY_VIA": "connection"}
    key = {"ROUTE_SELECTION_EXPRESSION": "$request.body.type"}
    with serving(router, **flat, **key), WebSocketClient() as client:
        assert client.call("watch", Watch(order_id=7))["order_id"] == 7
    with serving(router, PUBLISH="default"), WebSocketClient() as client:
        assert client.call("watch", Watch(order_id=7))["order_id"] == 7
    with serving(router, DEFAULT_ROUTE=False), WebSocketClient() as client:
        client.send("no.such.route")
        assert client.receive()["message"] == "Forbidden"
    with serving(router, CRASH_STATUS=500):
        client = WebSocketClient(raise_exceptions=False).connect()
        client.send("crash")
        assert client.receive("error")
