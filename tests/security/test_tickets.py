"""Tickets: given out to who is logged in, good for one handshake."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from asgiref.sync import async_to_sync
from django.contrib.auth.models import AnonymousUser, User
from django.db import connection as database
from django.test import Client, override_settings
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from tests.django.events import SECRET, Gateway
from tests.security.conftest import InThreads
from tests.security.served import SETTINGS
from wsrouter import tickets
from wsrouter.auth import ticket_store
from wsrouter.errors import TooManyTickets
from wsrouter.models import OpenConnection, Ticket

pytestmark = [pytest.mark.database, pytest.mark.django_db]
OTHER = {"SECRET": "x" * 32, "ROUTER": SETTINGS["ROUTER"]}
RACERS = 50


@pytest.fixture(autouse=True)
def _served() -> Iterator[None]:
    with override_settings(WSROUTER={"default": SETTINGS, "other": OTHER}):
        yield


@pytest.fixture
def ticket(user: User) -> str:
    return str(tickets.issue(user)["ticket"])


def connect(ticket: str, gateway: Gateway | None = None, **more: Any) -> int:
    return (gateway or Gateway()).connect(query=f"?ticket={ticket}", **more).status_code


def page(user: User, **options: Any) -> Client:
    client = Client(**options)
    client.force_login(user)
    return client


def test_a_token_of_another_library_is_hinted_at(
    user: User, ticket: str, caplog: pytest.LogCaptureFixture
) -> None:
    """Once a minute, and without the token."""
    for query in (f"?ws_token={64 * '7'}", f"?ws_token={64 * 'f'}&channel=tea"):
        gateway = Gateway()
        assert gateway.connect(query=query).status_code == 200
        assert gateway.send("who")["payload"] == "AnonymousUser"
    (record,) = caplog.records
    assert record.name == "wsrouter.security"
    assert "?ws_token=" in record.getMessage()
    assert "wsrouter:ticket" in record.getMessage()
    assert "7777" not in caplog.text


def test_a_ticket_beside_such_a_token_says_enough(
    ticket: str, caplog: pytest.LogCaptureFixture
) -> None:
    both = f"?ws_token={64 * '7'}&ticket={ticket}"
    for query in (both, "?ws_token=a-parameter-of-ours"):
        assert Gateway().connect(query=query).status_code == 200
    assert caplog.records == []


def test_it_is_used_and_read_at_once_where_the_database_can(ticket: str) -> None:
    """By one statement on PostgreSQL; the last one is the confirmation's."""
    with CaptureQueriesContext(database) as found:
        assert connect(ticket) == 200
    statements = [each["sql"] for each in found if "wsrouter_ticket" in each["sql"]]
    is_at_once = database.vendor == "postgresql"
    assert len(statements) == (2 if is_at_once else 3), statements
    assert connect(ticket) == 401  # by another connection


class TestTheView:
    def test_it_answers_a_ticket_for_the_user_of_the_session(self, user: User) -> None:
        response = page(user).post("/ws/ticket/")
        assert (response.status_code, set(response.json())) == (
            200,
            {"ticket", "expires_in"},
        )
        assert response.json()["expires_in"] == 60
        assert "no-store" in response["Cache-Control"]
        gateway = Gateway()
        assert connect(response.json()["ticket"], gateway) == 200
        assert gateway.send("who")["payload"] == "ada"

    def test_nobody_gets_none(self) -> None:
        response = Client().post("/ws/ticket/")
        assert response.status_code == 401
        assert response.json() == {"error": {"code": "not_authenticated"}}

    def test_an_inactive_user_gets_none(self, user: User, settings: Any) -> None:
        """Some backends let one log in."""
        backend = "django.contrib.auth.backends.AllowAllUsersModelBackend"
        settings.AUTHENTICATION_BACKENDS = [backend]
        client = page(user)
        User.objects.update(is_active=False)
        response = client.post("/ws/ticket/")
        assert response.status_code == 401
        assert response.json() == {"error": {"code": "not_authenticated"}}

    @pytest.mark.django_db(transaction=True)
    def test_nor_a_session_that_ends_at_this_moment(
        self, user: User, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        client, create = page(user), ticket_store.create

        def end_first(*args: Any, **options: Any) -> str:
            client.session.flush()
            return create(*args, **options)

        monkeypatch.setattr(ticket_store, "create", end_first)
        assert client.post("/ws/ticket/").status_code == 401
        assert not Ticket.objects.exists()

    def test_it_is_protected_from_other_sites(self, user: User, settings: Any) -> None:
        """Also where the project has no middleware for that."""
        for middleware in (
            settings.MIDDLEWARE,
            [each for each in settings.MIDDLEWARE if "csrf" not in each],
        ):
            settings.MIDDLEWARE = middleware
            strict = page(user, enforce_csrf_checks=True)
            assert strict.post("/ws/ticket/").status_code == 403
        token = "a" * 32
        strict.cookies["csrftoken"] = token
        response = strict.post("/ws/ticket/", headers={"X-CSRFToken": token})
        assert response.status_code == 200

    @pytest.mark.parametrize("method", ["get", "head", "put", "delete"])
    def test_only_post_will_do(self, method: str, user: User) -> None:
        assert getattr(page(user), method)("/ws/ticket/").status_code == 405
        assert not Ticket.objects.exists()

    def test_it_names_a_gateway(self, user: User) -> None:
        client = page(user)
        assert client.post("/ws/ticket/?gateway=nowhere").status_code == 404
        text = client.post("/ws/ticket/?gateway=other").json()["ticket"]
        assert connect(text) == 401
        assert connect(text, Gateway(alias="other", secret="x" * 32)) == 200

    @pytest.mark.usefixtures("one_window")
    def test_it_is_limited_for_each_user(self, user: User, other: User) -> None:
        entry = SETTINGS | {"TICKETS": {"RATE": "2/h"}}
        with override_settings(WSROUTER={"default": entry}):
            client = page(user)
            statuses = [client.post("/ws/ticket/").status_code for _ in range(3)]
            late = client.post("/ws/ticket/")
            assert page(other).post("/ws/ticket/").status_code == 200
        assert statuses == [200, 200, 429]
        assert late.json() == {"error": {"code": "throttled"}}
        assert 0 < int(late["Retry-After"]) <= 3600


class TestIssuing:
    def test_any_framework_can_ask_for_one(self, user: User) -> None:
        answer = async_to_sync(tickets.aissue)(user, gateway="other")
        assert connect(answer["ticket"], Gateway(alias="other", secret="x" * 32)) == 200

    @pytest.mark.parametrize(
        ("nobody", "mistake"),
        [
            (User(is_active=False), "active user"),
            (AnonymousUser(), "not a AnonymousUser"),
            (None, "not a NoneType"),
            (7, "not a int"),
            ("ada", "not a str"),
        ],
    )
    def test_who_cannot_log_in_gets_none(self, nobody: Any, mistake: str) -> None:
        with pytest.raises(ValueError, match=mistake):
            tickets.issue(nobody)

    def test_a_proof_that_has_expired_is_none(self, user: User) -> None:
        past = timezone.now() - timedelta(seconds=1)
        with pytest.raises(ValueError, match="expired"):
            tickets.issue(user, expires_at=past)

    def test_of_two_proofs_the_first_to_end_counts(self, user: User) -> None:
        soon, late = (timezone.now() + timedelta(minutes=n) for n in (7, 70))
        session = page(user).session
        session.set_expiry(soon)
        session.save()
        for session_end, moment in ((soon, late), (late, soon)):
            session.set_expiry(session_end)
            text = tickets.issue(user, session=session, expires_at=moment)["ticket"]
            gateway = Gateway()
            assert connect(text, gateway) == 200
            row = OpenConnection.objects.get(connection_id=gateway.id)
            assert (row.expires_at, bool(row.session_hash)) == (soon, True)

    def test_it_raises_when_there_were_too_many(self, user: User) -> None:
        for _ in range(20):
            tickets.issue(user)
        with pytest.raises(TooManyTickets) as raised:
            tickets.issue(user)
        assert 0 < raised.value.retry_after <= 60

    def test_the_connection_ends_with_the_proof_behind_it(self, user: User) -> None:
        soon = timezone.now() + timedelta(minutes=7)
        assert connect(tickets.issue(user, expires_at=soon)["ticket"]) == 200
        assert OpenConnection.objects.get().expires_at == soon

    @override_settings(USE_TZ=False)
    def test_a_moment_with_a_time_zone_will_do_without(self, user: User) -> None:
        soon = datetime.now(UTC) + timedelta(minutes=7)
        assert connect(tickets.issue(user, expires_at=soon)["ticket"]) == 200

    def test_what_is_stored_opens_nothing(self, user: User, ticket: str) -> None:
        row = Ticket.objects.values().get()
        assert ticket not in str(row)
        assert connect(row["digest"]) == 401

    def test_old_ones_are_cleared_away(self, user: User, ticket: str) -> None:
        """A minute after they expired: a handshake may ask for the one it claimed."""
        Ticket.objects.update(expires_at=timezone.now() - timedelta(seconds=1))
        tickets.issue(user)
        assert Ticket.objects.count() == 2
        Ticket.objects.update(expires_at=timezone.now() - timedelta(seconds=61))
        tickets.issue(user)
        assert Ticket.objects.count() == 1


class TestPresenting:
    def test_once(self, ticket: str) -> None:
        assert [connect(ticket) for _ in range(3)] == [200, 401, 401]
        assert OpenConnection.objects.count() == 1

    def test_a_handshake_that_is_tried_again_may_present_it_again(
        self, ticket: str
    ) -> None:
        gateway = Gateway()
        assert [connect(ticket, gateway) for _ in range(3)] == [200] * 3
        assert connect(ticket) == 401
        assert OpenConnection.objects.count() == 1

    def test_an_id_that_differs_in_case_is_another_connection(
        self, ticket: str
    ) -> None:
        assert connect(ticket, Gateway("abcDEF1=")) == 200
        assert connect(ticket, Gateway("ABCdef1=")) == 401

    def test_a_race_has_one_winner(self, ticket: str, in_threads: InThreads) -> None:
        statuses = in_threads(RACERS, lambda number: connect(ticket))
        assert sorted(statuses) == [200] + [401] * (RACERS - 1)
        assert OpenConnection.objects.count() == 1

    def test_a_race_in_transactions_has_one_winner(
        self, ticket: str, in_threads: InThreads, atomic_requests: None
    ) -> None:
        if database.vendor == "sqlite":
            pytest.skip("SQLite does not upgrade two readers to writers.")
        statuses = in_threads(RACERS, lambda number: connect(ticket))
        assert sorted(statuses) == [200] + [401] * (RACERS - 1)

    @pytest.mark.parametrize("seconds", [60, 3])
    def test_not_when_it_is_old(self, seconds: int, user: User) -> None:
        entry = SETTINGS | {"TICKETS": {"SECONDS": seconds}}
        with override_settings(WSROUTER={"default": entry}):
            text = tickets.issue(user)["ticket"]
            Ticket.objects.update(
                expires_at=Ticket.objects.get().expires_at - timedelta(seconds=seconds)
            )
            assert connect(text) == 401

    @pytest.mark.parametrize(
        "changes", [{"is_active": False}, {"password": "another"}, None]
    )
    def test_not_when_the_user_is_not_the_same(
        self, changes: Any, user: User, ticket: str
    ) -> None:
        if changes:
            User.objects.update(**changes)
        else:
            user.delete()
        assert connect(ticket) == 401
        assert not OpenConnection.objects.exists()

    @pytest.mark.parametrize(
        "query",
        [
            "?ticket=",
            "?ticket=x",
            "?ticket=" + "A" * 43,
            "?ticket=" + "A" * 4300,
            "?ticket=" + "%00" * 43,
            "?ticket=%27%20OR%201=1--",
            "?ticket={0}&ticket={0}",
            "?ticket={0}%0a",
            "?ticket=+{0}",
        ],
    )
    def test_nothing_else_is_one(self, query: str, ticket: str) -> None:
        response = Gateway().connect(query=query.format(ticket))
        assert response.status_code == 401
        assert not OpenConnection.objects.exists()

    def test_a_proof_that_expired_meanwhile(self, user: User) -> None:
        soon = timezone.now() + timedelta(seconds=30)
        text = tickets.issue(user, expires_at=soon)["ticket"]
        past = timezone.now() - timedelta(seconds=1)
        Ticket.objects.update(proof_expires_at=past)
        assert connect(text) == 401
        assert not OpenConnection.objects.exists()

    def test_what_cannot_be_one_costs_no_query(self, user: User) -> None:
        with CaptureQueriesContext(
            database,
        ) as queries:
            assert connect("x" * 42) == 401
        assert len(queries) == 0

    def test_a_session_comes_first_and_leaves_it_unused(
        self, ticket: str, other: User
    ) -> None:
        gateway = Gateway()
        assert connect(ticket, gateway, user=other) == 200
        assert gateway.send("who")["payload"] == "bob"
        assert connect(ticket) == 200

    def test_it_is_in_no_log(
        self, ticket: str, caplog: pytest.LogCaptureFixture
    ) -> None:
        caplog.set_level("DEBUG")
        for _ in range(2):
            connect(ticket, client={"Cookie": "sessionid=0123456789abcdef"})
        ours = [each for each in caplog.records if each.name != "django.db.backends"]
        said = " ".join(each.getMessage() for each in ours)
        for private in (ticket, SECRET, "0123456789abcdef"):
            assert private not in said
