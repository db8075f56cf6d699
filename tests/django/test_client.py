"""`wsrouter.testing.WebSocketClient`, in every kind of test."""

import gc

import pytest
from django.contrib.auth.models import AnonymousUser, Group, User
from django.db import transaction
from django.test import Client as HttpClient
from django.test import TestCase, TransactionTestCase, override_settings
from django.test.utils import override_script_prefix
from django.urls import set_script_prefix

from tests.django.client_routes import Watch, assert_real_transport, router, told
from tests.django.events import serving
from wsrouter.aws.posts.management_api import Boto3Connections
from wsrouter.errors import EventTooLarge
from wsrouter.identity import session_hashes
from wsrouter.models import OpenConnection
from wsrouter.testing import ErrorFrame, HandshakeRefused, WebSocketClient
from wsrouter.wiring import outgoing

pytestmark = pytest.mark.usefixtures("talking")


def everything(user: User) -> None:
    with WebSocketClient(user) as client:
        client.send("farewell", "bye", id="1")
        assert [frame["type"] for frame in client.frames] == ["reply", "told"]
        assert not client.is_open
    with WebSocketClient(user) as client:
        reply = client.call("watch", Watch(order_id=7))
        assert reply == {"order_id": 7, "user": "ada"}
        told.send("pushed", group="orders")
        assert client.receive("told")["payload"] == "pushed"
        client.send("tell", "all", id="1")
        assert [frame["type"] for frame in client.frames] == ["reply", "told"]
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

    def test_a_logout_has_closed_the_connection_when_it_is_asked(self) -> None:
        browser = HttpClient()
        user = User.objects.create_user("ada", password="ada")
        with WebSocketClient(user) as client:
            browser.force_login(user)
            row = OpenConnection.objects.get()
            key = browser.session.session_key
            assert key
            row.session_hash = session_hashes(key)[0]
            row.save()
            browser.logout()
            assert not client.is_open
            assert client.close_code == 1000

    def test_so_has_a_new_password(self) -> None:
        user = User.objects.create_user("ada", password="ada")
        with WebSocketClient(user) as client, WebSocketClient(user) as other:
            user.set_password("another")
            user.save()
            assert client.close_code == 1000
            assert not other.is_open
            with pytest.raises(AssertionError, match="not open any more"):
                client.send("facts")
            other.disconnect()
            client.connect()
            assert client.is_open
            assert client.close_code is None

    def test_a_message_after_the_logout_finds_no_connection(self) -> None:
        user = User.objects.create_user("ada", password="ada")
        with WebSocketClient(user) as client:
            user.is_active = False
            user.save()
            with pytest.raises(AssertionError, match="closed with 1000"):
                client.send("facts")

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
    assert not isinstance(outgoing.transport(), Boto3Connections)
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
@pytest.mark.parametrize("prefix", ["/below", "/below/", "/ws"])
def test_a_url_prefix(prefix: str) -> None:
    with override_settings(FORCE_SCRIPT_NAME=prefix):
        for _ in range(2):  # a request leaves the prefix in its thread
            with WebSocketClient() as client:
                assert client.call("facts")
    set_script_prefix("/")
    with override_script_prefix(prefix), WebSocketClient() as client:
        assert client.call("facts")


@pytest.mark.django_db
def test_a_principal_beyond_ascii() -> None:
    zoe = User.objects.create_user("Zoë Łukasz")
    function = "arn:aws:lambda:eu-west-1:123456789012:function:let-in"
    with serving(router, AUTHORIZER={"FUNCTION": function}):
        client = WebSocketClient().connect(principal="Zoë Łukasz")
        assert OpenConnection.objects.get().user == zoe
        assert client.is_open


@pytest.mark.django_db
def test_a_refused_handshake() -> None:
    client = WebSocketClient()
    with pytest.raises(HandshakeRefused, match="401 Who are you") as refused:
        client.connect(query="refuse")
    assert (refused.value.status, client.is_open) == (401, False)
    with pytest.raises(AssertionError, match=r"not open: call connect\(\) first"):
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
    with pytest.raises(AssertionError, match="not open any more: closed with 1009"):
        client.send("facts")
    with pytest.raises(EventTooLarge):
        told.send("x" * (128 * 1024), everyone=True)


@pytest.mark.django_db
def test_nothing_there_says_what_is() -> None:
    with WebSocketClient() as client:
        told.send("x", everyone=True)
        with pytest.raises(AssertionError, match=r"No frame of type 'reply'.*told"):
            client.receive("reply")
        client.receive("told")
        with pytest.raises(AssertionError, match=r"No frame has arrived; .*\[\]"):
            client.receive()
    with (
        serving(router, DEFAULT_ROUTE=False),
        WebSocketClient() as client,
        pytest.raises(AssertionError, match=r"not answered.*Forbidden"),
    ):
        client.call("no.such.route")


@pytest.mark.django_db
def test_what_is_no_user_is_named() -> None:
    for wrong in (5, "ada", Group(name="cats")):
        with pytest.raises(TypeError, match=f"not a {type(wrong).__name__}"):
            WebSocketClient(wrong)
    with WebSocketClient(AnonymousUser()) as client:
        row = OpenConnection.objects.get(connection_id=client.connection_id)
        assert row.user is None
