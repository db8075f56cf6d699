"""What ends a session ends its connections: row, socket and handlers."""

from collections.abc import Iterator
from typing import Any

import pytest
from django.contrib.auth.models import Permission, User
from django.db import transaction
from django.test import Client, RequestFactory, override_settings
from django.utils import timezone

from tests.django.events import Gateway
from tests.project.shop.models import Person
from tests.security.endings import (
    WAYS,
    Socket,
    Way,
    deactivation,
    deletion,
    is_gone,
    one_call,
    password,
    refused,
)
from tests.security.served import SETTINGS, Ended
from wsrouter import connections
from wsrouter.delivery.memory import MemoryTransport
from wsrouter.errors import DeliveryFailed
from wsrouter.models import Membership, OpenConnection
from wsrouter.testing import WebSocketClient

pytestmark = [pytest.mark.database, pytest.mark.django_db]


def fail(*_: Any) -> None:
    raise DeliveryFailed("API Gateway did not close it.")


@pytest.fixture(autouse=True)
def _served() -> Iterator[None]:
    with override_settings(WSROUTER={"default": SETTINGS}):
        yield


@pytest.mark.parametrize("way", WAYS)
def test_the_row_goes_the_socket_is_closed_and_handlers_are_told(
    way: Way,
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
    browser.force_login(other)  # flushes the session, whatever the cookie is
    assert is_gone(socket)
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
@pytest.mark.parametrize("way", [password, deactivation, one_call])
def test_a_message_before_the_socket_is_closed_is_refused(
    way: Way, action: str, browser: Client, user: User
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


@pytest.mark.parametrize("action", ["who", "login", "permission"])
def test_a_message_after_the_commit_of_a_logout_is_refused(
    action: str, browser: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A logout changes no row of a connection in the caller's transaction, which a
    conflict with another one could cost."""
    socket = Socket(browser).open()
    with monkeypatch.context() as broken:
        broken.setattr(MemoryTransport, "close", fail)
        with transaction.atomic():
            browser.logout()
            assert Gateway(socket.connection_id).send("who")["payload"] == "ada"
        assert socket.frames == []
        assert socket.is_open
        assert refused(socket, action) == "not_authenticated"


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


def test_what_cannot_be_closed_now_is_closed_by_end_stale(
    browser: Client, user: User, monkeypatch: pytest.MonkeyPatch, ended: list[Ended]
) -> None:
    socket = Socket(browser).open()
    with monkeypatch.context() as broken:
        broken.setattr(MemoryTransport, "close", fail)
        browser.logout()
        assert socket.frames == []
        assert connections.end_stale() == 0
        assert (socket.is_open, ended) == (True, [])
        for action in ("who", "login", "permission"):
            assert refused(socket, action) == "not_authenticated"
    assert connections.end_stale() == 1
    assert is_gone(socket)
    assert [each.cause for each in ended] == ["ended"]


def test_end_stale_forgets_the_rows_of_a_gateway_that_is_no_more(user: User) -> None:
    socket = WebSocketClient(user).connect()
    OpenConnection.objects.update(gateway="former", expires_at=timezone.now())
    assert connections.end_stale() == 1
    assert not OpenConnection.objects.exists()
    del socket


def test_nobody_elses_rows_are_loaded_to_be_deleted(
    browser: Client, django_assert_num_queries: Any
) -> None:
    """A listener to every deletion would take Django's fast ones from a project."""
    with django_assert_num_queries(1):
        browser.session.model.objects.all().delete()


@pytest.mark.parametrize("way", [password, deactivation, deletion])
def test_a_proxy_of_the_user_ends_the_same(
    way: Way, browser: Client, user: User
) -> None:
    socket = Socket(browser).open()
    way(browser, Person.objects.get(pk=user.pk))
    assert socket.frames == []
    assert is_gone(socket)
