"""What ends a session ends its connections: row, socket and handlers."""

from collections.abc import Callable, Iterator
from datetime import timedelta
from typing import Any

import pytest
from asgiref.sync import async_to_sync
from django.contrib.auth import update_session_auth_hash
from django.contrib.auth.models import Permission, User
from django.db import transaction
from django.test import Client, RequestFactory, override_settings
from django.utils import timezone

from tests.django.events import Gateway
from tests.security.served import SETTINGS, Ended
from wsrouter import sessions
from wsrouter.errors import DeliveryFailed
from wsrouter.fanout.memory import MemoryTransport
from wsrouter.models import Membership, OpenConnection, Ticket
from wsrouter.testing import WebSocketClient

pytestmark = [pytest.mark.database, pytest.mark.django_db]


@pytest.fixture(autouse=True)
def _served() -> Iterator[None]:
    with override_settings(WSROUTER={"default": SETTINGS}):
        yield


@pytest.fixture
def browser(user: User) -> Client:
    client = Client()
    client.force_login(user)
    return client


class Socket(WebSocketClient):
    """A socket that was opened with the cookies of a browser."""

    def __init__(self, browser: Client) -> None:
        super().__init__()
        self._browser = browser

    def open(self) -> "Socket":
        cookies = "; ".join(f"{k}={v.value}" for k, v in self._browser.cookies.items())
        self.connect(headers={"Cookie": cookies})
        return self


def is_gone(socket: WebSocketClient) -> bool:
    rows = OpenConnection.objects.filter(connection_id=socket.connection_id)
    assert rows.exists() == socket.is_open
    return not socket.is_open


def refused(socket: WebSocketClient, action: str) -> str:
    """What a message gets that arrives although the socket is closed."""
    return str(Gateway(socket.connection_id).send(action)["error"]["code"])


def logout(browser: Client, user: User) -> None:
    browser.logout()


def password(browser: Client, user: User) -> None:
    user.set_password("another")
    user.save()


def password_of_this_session(browser: Client, user: User) -> None:
    user.set_password("another")
    user.save()
    request = RequestFactory().post("/")
    request.session, request.user = browser.session, user
    update_session_auth_hash(request, user)


def deactivation(browser: Client, user: User) -> None:
    user.is_active = False
    user.save(update_fields=["is_active"])


def deletion(browser: Client, user: User) -> None:
    user.delete()


def deletion_of_many(browser: Client, user: User) -> None:
    User.objects.filter(pk=user.pk).delete()


def one_call(browser: Client, user: User) -> None:
    assert sessions.end(user) == 1


def one_call_with_the_key(browser: Client, user: User) -> None:
    assert async_to_sync(sessions.aend)(user.pk) == 1


def update_and_sweep(browser: Client, user: User) -> None:
    User.objects.filter(pk=user.pk).update(is_active=False)
    assert sessions.sweep() == 1


def new_password_in_the_table_and_sweep(browser: Client, user: User) -> None:
    User.objects.filter(pk=user.pk).update(password="!")
    assert sessions.sweep() == 1


def expiry_and_sweep(browser: Client, user: User) -> None:
    past = timezone.now() - timedelta(seconds=1)
    OpenConnection.objects.filter(user=user).update(expires_at=past)
    assert sessions.sweep() == 1


def login_of_somebody_else(browser: Client, user: User) -> None:
    User.objects.create_user("eve", password="eve")
    with override_settings(AUTHENTICATION_BACKENDS=BACKENDS):
        assert browser.login(username="eve", password="eve")


BACKENDS = ["django.contrib.auth.backends.ModelBackend"]
WAYS = [
    logout,
    password,
    password_of_this_session,
    deactivation,
    deletion,
    deletion_of_many,
    one_call,
    one_call_with_the_key,
    update_and_sweep,
    new_password_in_the_table_and_sweep,
    expiry_and_sweep,
]


@pytest.mark.parametrize("way", WAYS)
def test_the_row_goes_the_socket_is_closed_and_handlers_are_told(
    way: Callable[..., None],
    browser: Client,
    user: User,
    other: User,
    ended: list[Ended],
) -> None:
    socket, bystander = Socket(browser).open(), WebSocketClient(other).connect()
    assert socket.call("login") == "in"
    way(browser, user)
    assert socket.frames == []
    assert is_gone(socket)
    assert socket.close_code == 1000
    assert ended == [Ended(socket.connection_id, "ada", "ended", frozenset({"all"}))]
    for action in ("who", "login", "permission"):
        assert refused(socket, action) == "connection_unknown"
    assert bystander.call("who") == "bob"
    assert Membership.objects.count() == 1


def test_logout_ends_the_connections_of_this_session_only(
    browser: Client, user: User
) -> None:
    phone, laptop = WebSocketClient(user).connect(), Socket(browser).open()
    tab = Socket(browser).open()
    browser.logout()
    assert phone.frames == []
    assert (is_gone(laptop), is_gone(tab), is_gone(phone)) == (True, True, False)
    assert phone.call("who") == "ada"


def test_who_logs_in_over_a_session_ends_it(user: User, other: User) -> None:
    browser = Client()
    browser.force_login(user)
    socket = Socket(browser).open()
    browser.force_login(other)  # keeps no cookie: a real login does
    assert not is_gone(socket)
    browser = Client()
    assert browser.login(username="ada", password="analytical")
    socket = Socket(browser).open()
    request = RequestFactory().post("/")
    request.COOKIES["sessionid"] = browser.cookies["sessionid"].value
    request.session, request.user = browser.session, user
    from django.contrib.auth import login

    login(request, other)
    assert socket.frames == []
    assert is_gone(socket)


@pytest.mark.parametrize("action", ["who", "login", "permission"])
@pytest.mark.parametrize("way", [logout, password, deactivation, one_call])
def test_a_message_before_the_socket_is_closed_is_refused(
    way: Callable[..., None], action: str, browser: Client, user: User
) -> None:
    """`not_authenticated`: the client learns why; then it is closed."""
    socket = Socket(browser).open()
    with transaction.atomic():
        way(browser, user)
        assert Gateway(socket.connection_id).send("open", id="1")["type"] == "reply"
        assert socket.is_open
        assert refused(socket, action) == "not_authenticated"
    assert socket.frames == []
    assert is_gone(socket)


def test_a_rollback_ends_nothing(browser: Client, user: User, ended: Any) -> None:
    socket = Socket(browser).open()
    for way in (password, deletion, one_call):
        with transaction.atomic():
            way(browser, User.objects.get(pk=user.pk))
            transaction.set_rollback(True)
    assert socket.call("who") == "ada"
    assert not is_gone(socket)
    assert ended == []


@pytest.mark.parametrize("reply_via", ["response", "connection"])
@pytest.mark.parametrize("fields", [{"is_active": False}, {"password": "!"}])
def test_a_message_finds_out_what_no_signal_told(
    reply_via: str, fields: Any, user: User, ended: list[Ended]
) -> None:
    with override_settings(WSROUTER={"default": SETTINGS | {"REPLY_VIA": reply_via}}):
        socket = WebSocketClient(user).connect()
        User.objects.update(**fields)
        socket.send("login", id="1")
        assert socket.receive("error")["error"]["code"] == "not_authenticated"
        assert is_gone(socket)
    assert [each.cause for each in ended] == ["ended"]


def test_saving_a_user_otherwise_ends_nothing(browser: Client, user: User) -> None:
    socket = Socket(browser).open()
    user.last_login = timezone.now()
    user.save(update_fields=["last_login"])
    user.email = "ada@example.com"
    user.save()
    assert not is_gone(socket)


def test_permissions_taken_away_count_at_once(user: User) -> None:
    permission = Permission.objects.get(codename="view_user")
    user.user_permissions.add(permission)
    socket = WebSocketClient(user).connect()
    assert socket.call("permission") == "allowed"
    user.user_permissions.remove(permission)
    socket.send("permission", id="1")
    assert socket.receive("error")["error"]["code"] == "permission_denied"


def test_what_cannot_be_closed_now_is_closed_by_the_next_sweep(
    browser: Client, user: User, monkeypatch: pytest.MonkeyPatch, ended: list[Ended]
) -> None:
    def fail(*_: Any) -> None:
        raise DeliveryFailed("API Gateway did not close it.")

    socket = Socket(browser).open()
    with monkeypatch.context() as broken:
        broken.setattr(MemoryTransport, "close", fail)
        browser.logout()
        assert socket.frames == []
        assert sessions.sweep() == 0
        assert (socket.is_open, ended) == (True, [])
        for action in ("who", "login", "permission"):
            assert refused(socket, action) == "not_authenticated"
    assert sessions.sweep() == 1
    assert is_gone(socket)
    assert [each.cause for each in ended] == ["ended"]


def test_a_sweep_forgets_the_rows_of_a_gateway_that_is_no_more(user: User) -> None:
    socket = WebSocketClient(user).connect()
    OpenConnection.objects.update(gateway="former", expires_at=timezone.now())
    assert sessions.sweep() == 1
    assert not OpenConnection.objects.exists()
    del socket


@pytest.mark.parametrize("slides", [False, True])
def test_a_session_that_does_not_slide_ends_when_it_says(
    slides: bool, browser: Client, settings: Any
) -> None:
    """Django would count its two weeks from now."""
    settings.SESSION_SAVE_EVERY_REQUEST = slides
    session = browser.session
    soon = timezone.now() + timedelta(minutes=3)
    session.model.objects.update(expire_date=soon)
    Socket(browser).open()
    row = OpenConnection.objects.get()
    if slides:
        assert row.expires_at > timezone.now() + timedelta(hours=2)
    else:
        assert row.expires_at == soon


@pytest.mark.parametrize("engine", ["cache", "cached_db", "file", "signed_cookies"])
def test_every_session_engine_logs_out(
    engine: str, user: User, other: User, settings: Any, tmp_path: Any
) -> None:
    settings.SESSION_ENGINE = f"django.contrib.sessions.backends.{engine}"
    settings.SESSION_FILE_PATH = str(tmp_path)
    browser = Client()
    assert browser.login(username="ada", password="analytical")
    socket, bystander = Socket(browser).open(), WebSocketClient(other).connect()
    assert socket.call("who") == "ada"
    browser.logout()
    assert socket.frames == []
    assert is_gone(socket)
    assert not is_gone(bystander)


def test_a_logout_after_a_new_secret_key_finds_its_connections(
    browser: Client, settings: Any
) -> None:
    """Django gives the session another key then."""
    User.objects.update(is_staff=True)
    socket = Socket(browser).open()
    settings.SECRET_KEY_FALLBACKS = [settings.SECRET_KEY]
    settings.SECRET_KEY = "another"
    assert browser.post("/admin/logout/").status_code == 200
    assert socket.frames == []
    assert is_gone(socket)


def test_no_session_key_is_stored(browser: Client) -> None:
    Socket(browser).open()
    row = OpenConnection.objects.values().get()
    assert browser.session.session_key not in str(row)
    assert row["session_hash"]


def test_tickets_of_a_session_end_with_it(browser: Client) -> None:
    assert browser.post("/ws/ticket/").status_code == 200
    assert Ticket.objects.count() == 1
    browser.logout()
    assert not Ticket.objects.exists()
