"""A sweep reads what can have ended, and misses nothing of it."""

from collections.abc import Callable, Iterator
from datetime import timedelta
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.test import override_settings
from django.utils import timezone

from tests.benchmarks import registry_rows
from tests.django.rows_read import rows_read
from wsrouter import connections, identity
from wsrouter.delivery.memory import MemoryTransport
from wsrouter.identity import Identity, identity_of, password_digest
from wsrouter.models import EndedSession, OpenConnection
from wsrouter.registry import revocation, stale_identities
from wsrouter.registry.open_connections import ConnectionRegistry
from wsrouter.routing.connection import Connection
from wsrouter.routing.frame import EventType, Frame
from wsrouter.testing.substitution import substituted

pytestmark = [pytest.mark.database, pytest.mark.django_db]
SECRET_KEYS = {"SECRET_KEY": "a new one", "SECRET_KEY_FALLBACKS": ["tests"]}


@pytest.fixture(autouse=True)
def _memory() -> Iterator[None]:
    with substituted(transport=MemoryTransport(), secret=""):
        yield


def remember(connection_id: str, identity: Identity) -> None:
    frame = Frame(
        event_type=EventType.CONNECT, connection_id=connection_id, gateway="default"
    )
    opened = Connection(connection_id, gateway="default")
    assert ConnectionRegistry().remember(frame, opened, identity)


def crowd(number: int, each: int = 3) -> list[User]:
    """Users with so many connections each, by a session."""
    users = []
    for place in range(number):
        user = User(username=f"user{place}", password=f"pbkdf2$ä{place}")
        user.save()
        users.append(user)
        for socket in range(each):
            remember(f"{place}-{socket}=", identity_of(user))
    aged()
    return users


def aged() -> None:
    """Their handshakes are over: API Gateway knows what it was told to close."""
    minute_ago = timezone.now() - timedelta(minutes=1)
    OpenConnection.objects.update(stored_at=minute_ago)


def left() -> set[str]:
    rows = OpenConnection.objects.filter(expires_at__gt=timezone.now())
    return {row.connection_id.partition("-")[0] for row in rows}


WAYS: dict[str, Callable[[list[User]], object]] = {
    "inactive": lambda some: User.objects.filter(
        pk__in=[user.pk for user in some]
    ).update(is_active=False),
    "another password": lambda some: User.objects.filter(
        pk__in=[user.pk for user in some]
    ).update(password="pbkdf2$another"),
    "bulk_update": lambda some: User.objects.bulk_update(
        [User(pk=user.pk, password=f"{user.password}!") for user in some], ["password"]
    ),
    "an empty password": lambda some: User.objects.filter(
        pk__in=[user.pk for user in some]
    ).update(password=""),
}


@pytest.mark.parametrize("way", WAYS)
def test_nothing_that_ended_is_missed_at_the_edge_of_a_page(
    way: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(stale_identities, "BATCH_ROWS", 7)
    monkeypatch.setattr(stale_identities, "PAGE_ROWS", 2)
    users = crowd(12)
    OpenConnection.objects.filter(user=users[4]).delete()  # a gap in the keys
    ended = [users[place] for place in (0, 1, 5, 6, 11)]
    assert connections.end_stale() == 0
    WAYS[way](ended)
    assert connections.end_stale() == 15
    assert left() == {"2", "3", "7", "8", "9", "10"}


def test_nobody_ends_who_has_not_changed() -> None:
    users = crowd(5)
    User.objects.update(last_login=timezone.now(), first_name="Ada")
    assert connections.end_stale() == 0
    assert len(left()) == len(users)


def test_a_proof_without_a_password_outlives_its_change(user: User) -> None:
    remember("0-0=", Identity(user=user))
    aged()
    User.objects.update(password="another")
    assert connections.end_stale() == 0
    User.objects.update(is_active=False)
    assert connections.end_stale() == 1


def test_a_new_secret_key_ends_those_of_the_old_one_without_a_fallback() -> None:
    crowd(2)
    with override_settings(**SECRET_KEYS):
        assert connections.end_stale() == 6


def test_a_fallback_keeps_those_of_the_old_secret_key(settings: Any) -> None:
    crowd(2)
    old = settings.SECRET_KEY
    keys = {"SECRET_KEY": "a new one", "SECRET_KEY_FALLBACKS": [old]}
    with override_settings(**keys):
        assert connections.end_stale() == 0
        User.objects.filter(username="user0").update(password="another")
        assert connections.end_stale() == 3


def test_a_row_without_a_digest_is_compared_in_python() -> None:
    crowd(2)
    OpenConnection.objects.update(password_digest="")
    assert connections.end_stale() == 0
    User.objects.filter(username="user0").update(password="another")
    assert connections.end_stale() == 3


def test_a_model_with_a_hash_of_its_own_is_compared_in_python(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Django's hash at the handshake, and another one since the program was changed."""
    crowd(2)
    monkeypatch.setattr(User, "get_session_auth_hash", lambda self: self.first_name)
    identity.hashes_as_django.cache_clear()
    monkeypatch.setattr(identity, "_proofs", set())
    assert password_digest(User()) == ""
    assert connections.end_stale() == 6
    monkeypatch.undo()
    identity.hashes_as_django.cache_clear()


def test_an_end_that_was_recorded_only_is_found() -> None:
    users = crowd(3)
    for place, user in enumerate(users):
        rows = OpenConnection.objects.filter(user=user)
        rows.update(session_hash=f"{place}" * 64)
    EndedSession.objects.create(session_hash="1" * 64, ended_at=timezone.now())
    assert connections.end_stale() == 3
    assert left() == {"0", "2"}


def test_what_is_read_grows_with_what_has_ended_alone() -> None:
    """Two thousand connections are read no more than twenty are."""
    try:
        registry_rows.fill(1, 2000, 2000)
        with rows_read(OpenConnection) as nothing:
            assert connections.end_stale() == 0
        User.objects.filter(pk__in=[50, 60]).update(is_active=False)
        with rows_read(OpenConnection) as some:
            assert connections.end_stale() == 20
    finally:
        registry_rows.clear()
    assert sum(nothing) <= 2  # the ends of a batch
    assert max(some) == 20
    assert (
        sum(some) <= 2 + 20 + 20 + 20 + 20
    )  # marked, found expired, closed, forgotten


def test_a_statement_compares_no_more_than_a_batch(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(stale_identities, "BATCH_ROWS", 10)
    try:
        registry_rows.fill(1, 95, 95)
        with rows_read(OpenConnection) as read:
            assert list(revocation.expire_stale_identities()) == []
    finally:
        registry_rows.clear()
    batches = 9  # 86 rows have a user: nine ranges, the last one of six
    assert len(read) == 2 * batches + 1
    assert sum(read) == batches  # the last key of each
