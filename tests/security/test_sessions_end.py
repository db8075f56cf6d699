"""A session that ends: none of its handshakes gets in behind the end, whatever ends it,
wherever it is kept. What waits here waits for an event, so each order is tried."""

import threading
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

import pytest
from asgiref.sync import async_to_sync
from django.contrib.auth import login, logout, update_session_auth_hash
from django.contrib.auth.models import User
from django.contrib.sessions.models import Session
from django.core.cache import cache
from django.core.management import call_command
from django.db import DatabaseError, transaction
from django.db import connections as databases
from django.db.models import F
from django.test import Client, RequestFactory, override_settings
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from tests.django.events import Gateway
from tests.security import served
from tests.security.served import SETTINGS
from wsrouter import connections, tickets
from wsrouter.models import EndedSession, OpenConnection, Ticket
from wsrouter.registry import revocation
from wsrouter.registry.open_connections import ConnectionRegistry

pytestmark = [pytest.mark.database, pytest.mark.usefixtures("shared_database")]
PATIENCE = 30
Way = Callable[[Client, User], None]


@pytest.fixture(autouse=True)
def _served() -> Iterator[None]:
    with override_settings(WSROUTER={"default": SETTINGS}):
        yield


def request_of(browser: Client, user: User) -> Any:
    request = RequestFactory().post("/")
    request.COOKIES["sessionid"] = browser.cookies["sessionid"].value
    request.session, request.user = browser.session, user
    return request


def log_out(browser: Client, user: User) -> None:
    logout(request_of(browser, user))


def log_out_async(browser: Client, user: User) -> None:
    async_to_sync(browser.session.aflush)()


def flush(browser: Client, user: User) -> None:
    browser.session.flush()


def cycle_key(browser: Client, user: User) -> None:
    browser.session.cycle_key()


def renew_hash(browser: Client, user: User) -> None:
    update_session_auth_hash(request_of(browser, user), user)


def log_in_over_it(browser: Client, user: User) -> None:
    login(request_of(browser, user), User.objects.get(username="bob"))


def delete_rows_one_by_one(browser: Client, user: User) -> None:
    for session in Session.objects.all():
        session.delete()


def change_password(browser: Client, user: User) -> None:
    user.set_password("another")
    user.save()


def deactivate(browser: Client, user: User) -> None:
    user.is_active = False
    user.save()


def delete_user(browser: Client, user: User) -> None:
    user.delete()


OF_SESSIONS = [
    log_out,
    log_out_async,
    flush,
    cycle_key,
    renew_hash,
    log_in_over_it,
    delete_rows_one_by_one,
]
OF_USERS = [change_password, deactivate, delete_user]


def cookie(browser: Client) -> dict[str, str]:
    return {"Cookie": f"sessionid={browser.cookies['sessionid'].value}"}


@contextmanager
def waiting_in_a_handler(
    monkeypatch: pytest.MonkeyPatch, **handshake: Any
) -> Iterator[Callable[[], int]]:
    """A handshake that waits in its `connect` handler; the call lets it go on and
    returns its status."""
    entered, go_on = threading.Event(), threading.Event()

    def wait(connection_id: str) -> None:
        entered.set()
        assert go_on.wait(PATIENCE)

    def shake() -> int:
        try:
            return Gateway().connect(**handshake).status_code
        finally:
            databases.close_all()

    monkeypatch.setattr(served, "on_connect", wait, raising=False)
    with ThreadPoolExecutor(1) as pool:
        status = pool.submit(shake)
        assert entered.wait(PATIENCE)

        def release() -> int:
            go_on.set()
            return status.result(PATIENCE)

        try:
            yield release
        finally:
            go_on.set()


@pytest.mark.parametrize("way", OF_SESSIONS + OF_USERS)
@pytest.mark.parametrize("proof", ["cookie", "ticket"])
def test_a_handshake_under_way_is_refused(
    way: Way,
    proof: str,
    browser: Client,
    user: User,
    other: User,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    handshake: dict[str, Any] = {"client": cookie(browser)}
    if proof == "ticket":
        ticket = browser.post("/ws/ticket/").json()["ticket"]
        handshake = {"query": f"?ticket={ticket}"}
    with waiting_in_a_handler(monkeypatch, **handshake) as go_on:
        way(browser, user)
        assert go_on() == 401
    assert not OpenConnection.objects.exists()


@pytest.mark.parametrize("way", OF_SESSIONS)
def test_a_handshake_that_comes_later_is_refused_and_no_guest(
    way: Way, browser: Client, user: User, other: User
) -> None:
    """A page whose session got another key may come back before it has the cookie."""
    ticket = browser.post("/ws/ticket/").json()["ticket"]
    old = cookie(browser)
    way(browser, user)
    assert Gateway().connect(client=old).status_code == 401
    assert Gateway().connect(query=f"?ticket={ticket}").status_code == 401
    assert not OpenConnection.objects.exists()


@pytest.mark.parametrize("way", OF_SESSIONS + OF_USERS)
def test_the_connections_and_tickets_of_the_session_end(
    way: Way, browser: Client, user: User, other: User
) -> None:
    browser.post("/ws/ticket/")
    gateway, bystander = Gateway(), Gateway()
    assert gateway.connect(client=cookie(browser)).status_code == 200
    assert bystander.connect(other).status_code == 200
    if way is delete_rows_one_by_one:
        assert bystander.disconnect().status_code == 200
    way(browser, user)
    code = gateway.send("who")["error"]["code"]
    assert code in {"not_authenticated", "connection_unknown"}
    if way in OF_SESSIONS:
        assert not Ticket.objects.exists()
    if way is not delete_rows_one_by_one:
        assert bystander.send("who")["payload"] == "bob"


@pytest.mark.parametrize("way", [cycle_key, renew_hash])
def test_a_page_whose_key_was_renewed_comes_back_at_once(
    way: Way, browser: Client, user: User
) -> None:
    gateway, session = Gateway(), browser.session
    assert gateway.connect(client=cookie(browser)).status_code == 200
    request = request_of(browser, user)
    request.session = session
    if way is cycle_key:
        session.cycle_key()
    else:
        update_session_auth_hash(request, user)
    session.save()
    new = {"Cookie": f"sessionid={session.session_key}"}
    again = Gateway()
    assert again.connect(client=new).status_code == 200
    assert again.send("who")["payload"] == "ada"
    assert gateway.send("who")["error"]["code"] == "not_authenticated"


def test_a_row_that_has_ended_is_not_answered_with_200(
    browser: Client, user: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    """`end(user)` between the row and the answer of a handshake, and its repetition."""
    stored = ConnectionRegistry.remember

    def remember(self: Any, *args: Any) -> Any:
        result = stored(self, *args)
        OpenConnection.objects.update(expires_at=timezone.now())
        return result

    gateway = Gateway()
    with monkeypatch.context() as patch:
        patch.setattr(ConnectionRegistry, "remember", remember)
        assert gateway.connect(client=cookie(browser)).status_code == 401
    assert not OpenConnection.objects.exists()
    assert gateway.connect(client=cookie(browser)).status_code == 200
    OpenConnection.objects.update(expires_at=timezone.now())
    assert gateway.connect(client=cookie(browser)).status_code == 401
    assert not OpenConnection.objects.exists()


def test_a_rollback_ends_nothing(browser: Client, user: User) -> None:
    before = EndedSession.objects.count()
    with transaction.atomic():
        browser.session.flush()
        assert EndedSession.objects.count() > before
        transaction.set_rollback(True)
    assert EndedSession.objects.count() == before
    gateway = Gateway()
    assert gateway.connect(client=cookie(browser)).status_code == 200
    assert gateway.send("who")["payload"] == "ada"


@pytest.mark.parametrize("engine", ["db", "cached_db", "cache", "file"])
@pytest.mark.parametrize("way", [log_out, flush, log_out_async, cycle_key])
def test_each_engine(
    engine: str, way: Way, user: User, settings: Any, tmp_path: Any
) -> None:
    settings.SESSION_ENGINE = f"django.contrib.sessions.backends.{engine}"
    settings.SESSION_FILE_PATH = str(tmp_path)
    browser = Client()
    assert browser.login(username="ada", password="analytical")
    gateway, old = Gateway(), cookie(browser)
    assert gateway.connect(client=old).status_code == 200
    way(browser, user)
    assert gateway.send("who")["error"]["code"] == "not_authenticated"
    assert Gateway().connect(client=old).status_code == 401


@pytest.mark.parametrize("engine", ["db", "cached_db", "cache", "file"])
def test_a_session_that_is_gone_from_its_store(
    engine: str,
    user: User,
    settings: Any,
    tmp_path: Any,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Nothing was told of it, and the handshake has read it already."""
    settings.SESSION_ENGINE = f"django.contrib.sessions.backends.{engine}"
    settings.SESSION_FILE_PATH = str(tmp_path)
    browser = Client()
    assert browser.login(username="ada", password="analytical")
    with waiting_in_a_handler(monkeypatch, client=cookie(browser)) as go_on:
        Session.objects.all().delete()
        cache.clear()
        if engine == "file":
            Path(browser.session._key_to_file()).unlink()
        assert go_on() == 401


def test_signed_cookies_are_refused_for_a_minute(
    user: User, settings: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    settings.SESSION_ENGINE = "django.contrib.sessions.backends.signed_cookies"
    browser = Client()
    assert browser.login(username="ada", password="analytical")
    old = cookie(browser)
    with waiting_in_a_handler(monkeypatch, client=old) as go_on:
        log_out(browser, user)
        assert go_on() == 401
    monkeypatch.undo()
    assert Gateway().connect(client=old).status_code == 401
    for row in EndedSession.objects.all():
        row.ended_at -= served.MINUTE
        row.save()
    assert Gateway().connect(client=old).status_code == 200
    connections.end_stale()
    assert OpenConnection.objects.count() == 1


def test_the_sweep_marks_what_a_process_left_that_died(
    browser: Client, user: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    from wsrouter.wiring import ending

    gateway = Gateway()
    assert gateway.connect(client=cookie(browser)).status_code == 200
    monkeypatch.setattr(ending, "mark_ended", lambda hashes: None)
    browser.session.flush()
    assert gateway.send("who")["payload"] == "ada"
    connections.end_stale()
    assert gateway.send("who")["error"]["code"] == "not_authenticated"


def test_what_is_remembered_of_an_end_is_deleted_after_an_hour(
    browser: Client, user: User
) -> None:
    browser.session.flush()
    connections.end_stale()
    assert EndedSession.objects.exists()
    EndedSession.objects.update(ended_at=F("ended_at") - served.HOUR)
    connections.end_stale()
    assert not EndedSession.objects.exists()


def test_clearsessions_is_one_statement(browser: Client) -> None:
    Session.objects.update(expire_date=timezone.now())
    with CaptureQueriesContext(databases["default"]) as captured:
        call_command("clearsessions")
    tables = [query for query in captured if "django_session" in query["sql"]]
    assert len(tables) == 1
    assert not Session.objects.exists()


def test_a_ticket_issued_while_its_session_ends(browser: Client, user: User) -> None:
    """Where the database makes the logout wait for the ticket, it waits."""
    request = request_of(browser, user)
    with ThreadPoolExecutor(1) as pool:
        with transaction.atomic():
            text = tickets.issue(user, session=browser.session)["ticket"]
            ending = pool.submit(_in_thread, lambda: logout(request))
            with suppress(TimeoutError):
                ending.result(1)
        ending.result(PATIENCE)
    assert not Ticket.objects.exists()
    assert Gateway().connect(query=f"?ticket={text}").status_code == 401


def test_a_ticket_for_a_session_that_has_ended(browser: Client, user: User) -> None:
    session, old = browser.session, browser.session
    session.flush()
    with pytest.raises(ValueError, match="session has ended"):
        tickets.issue(user, session=old)
    assert not Ticket.objects.exists()


def _in_thread(run: Callable[[], Any]) -> None:
    try:
        run()
    finally:
        databases.close_all()


def test_what_cannot_be_marked_after_a_commit_is_logged(
    browser: Client,
    user: User,
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
) -> None:
    """The session has ended all the same; the sweep marks what is left."""

    def fail(*_: Any) -> None:
        raise DatabaseError("gone")

    monkeypatch.setattr(revocation, "expire_session", fail)
    with transaction.atomic():
        log_out(browser, user)
    assert not Session.objects.exists()
    assert "gone" in caplog.text
