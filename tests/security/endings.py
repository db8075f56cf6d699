"""The ways in which a session ends, and sockets that were opened in one."""

from collections.abc import Callable
from datetime import timedelta

from asgiref.sync import async_to_sync
from django.contrib.auth import update_session_auth_hash
from django.contrib.auth.models import User
from django.test import Client, RequestFactory
from django.utils import timezone

from tests.django.events import Gateway
from wsrouter import connections
from wsrouter.models import OpenConnection
from wsrouter.testing import WebSocketClient

Way = Callable[[Client, User], None]


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
    is_open = socket.is_open  # runs what waits for the commit
    rows = OpenConnection.objects.filter(connection_id=socket.connection_id)
    assert rows.exists() == is_open
    return not is_open


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
    assert connections.end(user) == 1


def one_call_with_the_key(browser: Client, user: User) -> None:
    assert async_to_sync(connections.aend)(user.pk) == 1


def update_and_end_stale(browser: Client, user: User) -> None:
    User.objects.filter(pk=user.pk).update(is_active=False)
    assert connections.end_stale() == 1


def new_password_in_the_table_and_end_stale(browser: Client, user: User) -> None:
    User.objects.filter(pk=user.pk).update(password="!")
    assert connections.end_stale() == 1


def expiry_and_end_stale(browser: Client, user: User) -> None:
    past = timezone.now() - timedelta(seconds=1)
    OpenConnection.objects.filter(user=user).update(expires_at=past)
    assert async_to_sync(connections.aend_stale)() == 1


WAYS = [
    logout,
    password,
    password_of_this_session,
    deactivation,
    deletion,
    deletion_of_many,
    one_call,
    one_call_with_the_key,
    update_and_end_stale,
    new_password_in_the_table_and_end_stale,
    expiry_and_end_stale,
]
