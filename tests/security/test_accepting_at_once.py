"""Handshakes that nobody looks at are accepted without reading their user first. Who is
accepted, and as whom, is the same: a query string makes a handshake an ordinary one."""

from collections.abc import Callable, Iterator
from datetime import timedelta
from typing import Any

import pytest
from django.conf import settings
from django.contrib.auth import HASH_SESSION_KEY, SESSION_KEY
from django.contrib.auth.backends import AllowAllUsersModelBackend, ModelBackend
from django.contrib.auth.models import User
from django.contrib.sessions.models import Session
from django.core.cache import cache
from django.db import connection as database
from django.db import transaction
from django.test import Client, override_settings
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from tests.databases import CHOSEN
from tests.django.events import Gateway, new_id, serving
from wsrouter import Connection, Disconnected, Router, signals
from wsrouter.models import OpenConnection
from wsrouter.registry import unread_users
from wsrouter.wiring import confirming

pytestmark = [pytest.mark.database, pytest.mark.usefixtures("shared_database")]
ENGINES = ["db", "cached_db", "cache", "signed_cookies"]
router = Router()
OWN = "id", "connection_id", "connected_at", "stored_at", "expires_at"
"""The columns that differ from one connection to the next."""


class Strict(ModelBackend):
    def user_can_authenticate(self, user: Any) -> bool:
        return bool(user.is_staff)


class NotBanned(ModelBackend):
    def get_user(self, user_id: Any) -> Any:
        user = super().get_user(user_id)
        return None if user is None or user.first_name == "banned" else user


@router.disconnect
def closed(connection: Connection, how: Disconnected) -> None:
    closings.append(how.cause)


@router.route("who")
def who(connection: Connection) -> str:
    return str(connection.user)


closings: list[str] = []


@pytest.fixture(autouse=True)
def _served() -> Iterator[None]:
    closings.clear()
    with serving(router):
        yield
    cache.clear()


def logged_in(user: User, backend: str = "") -> Client:
    browser = Client(raise_request_exception=False)
    browser.force_login(user, backend or None)
    return browser


def knock(browser: Client, query: str = "", **mapped: Any) -> tuple[Any, ...]:
    """Whether the user was not read first; the answer, the row, and how often a handler
    heard of an end."""
    gateway = Gateway(mapped.pop("connection_id", ""), http=browser)
    closings.clear()
    with CaptureQueriesContext(database) as found:
        response = gateway.connect(query=query, **mapped)
    row = OpenConnection.objects.filter(connection_id=gateway.id).values().first()
    is_at_once = any(" AS found" in each["sql"] for each in found)
    if row is not None:
        row = {name: value for name, value in row.items() if name not in OWN}
    return is_at_once, (response.status_code, row, len(closings))


def told_alike(browser: Client, **mapped: Any) -> tuple[bool, Any]:
    """Whether it was accepted at once, and the answer, which has to be an ordinary
    one's."""
    cookies = browser.cookies.copy()
    at_once, found = knock(browser, **mapped)
    browser.cookies = cookies
    is_ordinary, expected = knock(browser, "?v=1", **mapped)
    assert not is_ordinary
    assert found == expected
    return at_once, found


@pytest.mark.parametrize("engine", ENGINES)
def test_the_row_is_that_of_an_ordinary_handshake(engine: str, user: User) -> None:
    name = f"django.contrib.sessions.backends.{engine}"
    with override_settings(SESSION_ENGINE=name):
        at_once, (status, row, _) = told_alike(logged_in(user))
    assert at_once is (engine != "signed_cookies" and CHOSEN != "mysql")
    assert status == 200
    assert row["user_id"] == user.pk
    assert row["password_digest"]
    assert row["auth_hash"]


@pytest.mark.skipif(CHOSEN == "mysql", reason="a user has to be locked there")
def test_it_takes_three_statements(user: User) -> None:
    browser = logged_in(user)
    knock(browser)
    with CaptureQueriesContext(database) as found:
        assert Gateway(http=browser).connect().status_code == 200
    assert len(found) == 3, [each["sql"] for each in found]


def _expire(user: User, browser: Client) -> None:
    Session.objects.update(expire_date=timezone.now() - timedelta(minutes=1))


def _end(user: User, browser: Client) -> None:
    browser.session.flush()


def _lose_row(user: User, browser: Client) -> None:
    Session.objects.all().delete()


def _deactivate(user: User, browser: Client) -> None:
    User.objects.filter(pk=user.pk).update(is_active=False)


def _delete(user: User, browser: Client) -> None:
    user.delete()


def _change_password(user: User, browser: Client) -> None:
    User.objects.filter(pk=user.pk).update(password="another")


def _forge_hash(user: User, browser: Client) -> None:
    _change_session(browser, HASH_SESSION_KEY, "0" * 64)


def _leave_hash_out(user: User, browser: Client) -> None:
    _change_session(browser, HASH_SESSION_KEY, "")


def _name_nobody(user: User, browser: Client) -> None:
    _change_session(browser, SESSION_KEY, "987654")


def _name_nonsense(user: User, browser: Client) -> None:
    _change_session(browser, SESSION_KEY, "ada")


def _be_a_guest(user: User, browser: Client) -> None:
    browser.cookies.clear()


def _send_nul(user: User, browser: Client) -> None:
    browser.cookies[settings.SESSION_COOKIE_NAME] = "a\0b"


def _send_another_key(user: User, browser: Client) -> None:
    browser.cookies[settings.SESSION_COOKIE_NAME] = "x" * 32


def _change_session(browser: Client, name: str, value: str) -> None:
    session = browser.session
    session[name] = value
    session.save()


ODDITIES = [
    _expire,
    _end,
    _lose_row,
    _deactivate,
    _delete,
    _change_password,
    _forge_hash,
    _leave_hash_out,
    _name_nobody,
    _name_nonsense,
    _be_a_guest,
    _send_nul,
    _send_another_key,
]


@pytest.mark.parametrize("engine", ["db", "cached_db"])
@pytest.mark.parametrize("oddity", ODDITIES)
def test_what_is_not_as_usual_is_answered_alike(
    oddity: Callable[[User, Client], None], engine: str, user: User
) -> None:
    name = f"django.contrib.sessions.backends.{engine}"
    with override_settings(SESSION_ENGINE=name):
        browser = logged_in(user)
        oddity(user, browser)
        _, (_, row, _) = told_alike(browser)
    assert row is None or row["user_id"] is None


def test_a_session_of_a_former_key(user: User) -> None:
    with override_settings(SECRET_KEY="a former key"):
        browser = logged_in(user)
    with override_settings(SECRET_KEY_FALLBACKS=["a former key"]):
        at_once, (status, row, _) = knock(browser)
    assert not at_once  # Django renews its hash
    assert (status, row["user_id"]) == (200, user.pk)


@pytest.mark.parametrize("backend", [Strict, NotBanned, AllowAllUsersModelBackend])
def test_a_backend_with_a_mind_of_its_own(backend: Any, user: User) -> None:
    name = f"{backend.__module__}.{backend.__qualname__}"
    with override_settings(AUTHENTICATION_BACKENDS=[name]):
        browser = logged_in(user, name)
        User.objects.update(first_name="banned", is_active=False)
        at_once, (_, row, _) = told_alike(browser)
    assert not at_once
    is_let_in = backend is AllowAllUsersModelBackend
    assert row is None or row["user_id"] is None or is_let_in


def test_a_connection_id_that_is_there_already(user: User, other: User) -> None:
    taken = new_id()
    assert told_alike(logged_in(user), connection_id=taken)[1][0] == 200
    assert told_alike(logged_in(user), connection_id=taken)[1][0] == 200
    assert told_alike(logged_in(other), connection_id=taken)[1][0] == 403
    assert OpenConnection.objects.get().user == user


def test_whoever_looks_at_handshakes_sees_the_user(
    user: User, caplog: pytest.LogCaptureFixture
) -> None:
    """Handlers, middleware, limits, signals and the log; a transaction has a say."""
    seen: list[str] = []
    watching, limited = Router(), {"CONNECT_THROTTLE": ["9/m", "9/m per ip"]}

    @watching.connect
    def opened(connection: Connection) -> None:
        seen.append(str(connection.user))

    def receive(connection: Connection, **_: Any) -> None:
        seen.append(str(connection.user))

    browser = logged_in(user)
    outer = Router()
    outer.include(watching)
    for served in (watching, outer):
        with serving(served):
            assert told_alike(browser)[0] is False
    with serving(Router(), **limited):
        assert told_alike(browser)[0] is False
    signals.connected.connect(receive)
    try:
        assert told_alike(browser)[0] is False
    finally:
        signals.connected.disconnect(receive)
    with caplog.at_level("INFO", "wsrouter.frames"):
        assert told_alike(browser)[0] is False
    with transaction.atomic():
        assert told_alike(browser)[0] is False
    assert seen == ["ada"] * 6


@pytest.mark.skipif(CHOSEN == "mysql", reason="a user has to be locked there")
@pytest.mark.parametrize(
    "end", [_end, _deactivate, _delete, _change_password, _lose_row]
)
def test_what_ends_it_in_between_is_seen(
    end: Callable[[User, Client], None], user: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The row was stored, and is not confirmed."""
    browser, insert = logged_in(user), unread_users.insert

    def late(row: Any) -> bool:
        assert insert(row)
        end(user, browser)
        return True

    monkeypatch.setattr(unread_users, "insert", late)
    at_once, (status, row, _) = knock(browser)
    assert at_once
    assert status in {200, 401}
    assert row is None or row["user_id"] is None
    assert not OpenConnection.objects.filter(user__isnull=False).exists()


@pytest.mark.skipif(CHOSEN == "mysql", reason="a user has to be locked there")
def test_a_confirmation_that_fails_is_a_crash(
    user: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    browser = logged_in(user)

    def fail(*_: Any) -> bool:
        raise RuntimeError("a detail")

    monkeypatch.setattr(confirming, "holds", fail)
    at_once, (status, *_) = knock(browser)
    assert at_once
    assert status == 500


def test_a_message_finds_the_user(user: User) -> None:
    gateway = Gateway(http=logged_in(user))
    assert gateway.connect().status_code == 200
    assert gateway.send("who")["payload"] == "ada"
    User.objects.filter(pk=user.pk).update(password="another")
    assert gateway.send("who")["error"]["code"] == "not_authenticated"
