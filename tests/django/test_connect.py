"""What `$connect` writes into the registry of open connections."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from django.contrib.auth.models import AnonymousUser, User
from django.db import IntegrityError
from django.test import Client, override_settings
from django.utils import timezone

from tests.django.conftest import InThreads
from tests.django.events import Gateway, serving
from tests.django.registering import code_of, connected
from wsrouter import Connection, Reject, Router
from wsrouter.models import Membership, OpenConnection
from wsrouter.registry import compiled_insert

pytestmark = [
    pytest.mark.database,
    pytest.mark.django_db,
    pytest.mark.usefixtures("registering"),
]


def test_connect_writes_a_row_with_everything_known(user: User) -> None:
    before = timezone.now()
    gateway = connected(user, sourceIp="2001:db8::1")
    row = OpenConnection.objects.get()
    assert row.connection_id == gateway.id
    assert row.user == user
    assert row.auth_hash == user.get_session_auth_hash()
    assert row.state == {"since": "today"}
    assert row.gateway == "default"
    assert (row.api_id, row.stage) == ("abc123defg", "production")
    assert row.source_ip == "2001:db8::1"
    assert row.user_agent == "Mozilla/5.0 (X11; Linux), like Gecko"
    assert row.connected_at == datetime(2025, 11, 27, 8, 0, 0, 123000, tzinfo=UTC)
    assert before <= row.stored_at <= timezone.now()
    assert timedelta(hours=2) < row.expires_at - before < timedelta(hours=2, minutes=6)
    assert [each.group for each in row.memberships.all()] == ["all"]


def test_anonymous_connections_have_no_user() -> None:
    gateway = connected()
    row = OpenConnection.objects.get()
    assert (row.user, row.auth_hash) == (None, "")
    assert gateway.send("who")["payload"] == str(AnonymousUser())


def test_a_session_that_ends_sooner_ends_the_connection_sooner(user: User) -> None:
    client = Client()
    client.force_login(user)
    session = client.session
    soon = timezone.now() + timedelta(minutes=3)
    session.set_expiry(soon)
    session.save()
    Gateway(http=client).connect()
    assert OpenConnection.objects.get().expires_at == soon


def test_connect_twice_is_one_connection(user: User) -> None:
    gateway = connected(user)
    gateway.send("join", "more")
    assert gateway.connect(user).status_code == 200
    row = OpenConnection.objects.get()
    assert {each.group for each in row.memberships.all()} == {"all", "more"}


def test_connect_of_somebody_else_is_refused(user: User, other: User) -> None:
    gateway = connected(user)
    for another in (other, None):
        assert gateway.connect(another).status_code == 403
    assert OpenConnection.objects.get().user == user
    anonymous = connected()
    assert anonymous.connect(user).status_code == 403
    assert anonymous.send("who")["type"] == "reply"


def test_connect_through_another_gateway_is_refused() -> None:
    entry = {"ROUTER": "tests.django.events.served", "SECRET": "x" * 32}
    with override_settings(WSROUTER={"default": entry, "other": entry}):
        gateway = connected(secret="x" * 32)
        assert gateway.connect(alias="other").status_code == 403
        frame = Gateway(gateway.id, alias="other", secret="x" * 32).send("who")
        assert code_of(frame) == "connection_unknown"


def test_concurrent_connects_are_one_connection(
    user: User, in_threads: InThreads
) -> None:
    gateway = Gateway()

    def connect(number: int) -> int:
        return Gateway(gateway.id).connect(user).status_code

    assert in_threads(6, connect) == [200] * 6
    assert OpenConnection.objects.count() == 1
    assert Membership.objects.count() == 1


def test_concurrent_connects_of_several_users_have_one_winner(
    user: User, other: User, in_threads: InThreads
) -> None:
    gateway = Gateway()

    def connect(number: int) -> int:
        return Gateway(gateway.id).connect((user, other)[number]).status_code

    assert sorted(in_threads(2, connect)) == [200, 403]
    assert OpenConnection.objects.count() == 1


@pytest.mark.parametrize("status", [401, 403, 503])
def test_a_refused_connect_leaves_nothing_behind(status: int, user: User) -> None:
    refusing = Router()

    @refusing.connect
    def refuse(connection: Connection) -> None:
        connection.join("all")
        connection.state["a"] = 1
        raise Reject(status, "Not now.")

    with serving(refusing):
        response = Gateway().connect(user)
    assert (response.status_code, response.content) == (status, b"Not now.")
    assert not OpenConnection.objects.exists()
    assert not Membership.objects.exists()


@pytest.mark.parametrize("is_async", [False, True])
@pytest.mark.parametrize("bad", ["group", "state"])
def test_a_value_that_cannot_be_stored_refuses(
    bad: str, is_async: bool, caplog: pytest.LogCaptureFixture
) -> None:
    wrong = Router()

    def opened(connection: Connection) -> None:
        if bad == "group":
            connection.join("x" * 300)
        connection.state["x"] = float("nan")

    async def aopened(connection: Connection) -> None:
        opened(connection)

    wrong.connect(aopened if is_async else opened)
    with serving(wrong):
        response = Gateway().connect()
    assert response.status_code == 400
    assert response.content.startswith(b"A group" if bad == "group" else b"The state")
    assert not OpenConnection.objects.exists()
    assert [each.name for each in caplog.records] == ["django.request"]


def test_typed_state_is_stored_as_json_has_it() -> None:
    typed = Router()

    @typed.connect
    def opened(connection: Connection) -> None:
        connection.state["at"] = datetime(2026, 1, 2, tzinfo=UTC)

    with serving(typed):
        assert Gateway().connect().status_code == 200
    assert OpenConnection.objects.get().state == {"at": "2026-01-02T00:00:00Z"}


def test_a_connect_that_crashes_is_refused_and_leaves_nothing_behind() -> None:
    broken = Router()

    @broken.connect
    def crash(connection: Connection) -> None:
        connection.join("all")
        raise RuntimeError("hunter2")

    with serving(broken):
        response = Gateway().connect()
    assert (response.status_code, response.content) == (500, b"")
    assert not OpenConnection.objects.exists()
    assert not Membership.objects.exists()


def test_a_row_that_breaks_a_constraint_is_a_crash(
    caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Only a row of somebody else is answered 403."""

    def refuse(*_: Any, **__: Any) -> None:
        raise IntegrityError("another constraint")

    monkeypatch.setattr(compiled_insert, "insert", refuse)
    assert Gateway().connect().status_code == 500
    (record,) = [each for each in caplog.records if each.name == "wsrouter.request"]
    assert record.exc_info
    assert isinstance(record.exc_info[1], IntegrityError)
    assert not OpenConnection.objects.exists()
