"""Joins that meet the end of their connection, in both orders; one side waits in its
transaction until the database says that the other one waits for it."""

from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor, wait
from contextlib import contextmanager
from queue import Queue
from typing import Any

import pytest
from django.db import connection, transaction

from tests.django.events import Gateway, serving
from wsrouter import Router, groups
from wsrouter.models import Membership, OpenConnection
from wsrouter.registry.open_connections import ConnectionRegistry

pytestmark = [pytest.mark.database, pytest.mark.django_db(transaction=True)]
SESSION = {"postgresql": "0", "mysql": "connection_id()"}
"""Behind PgBouncer, the next statement has another session."""
WAITS = {
    "postgresql": (
        "SELECT 1 FROM pg_stat_activity"
        " WHERE pg_backend_pid() = ANY(pg_blocking_pids(pid))"
    ),
    "mysql": (
        "SELECT 1 FROM information_schema.innodb_trx"
        " WHERE trx_state = 'LOCK WAIT' AND trx_mysql_thread_id = %(session)s"
    ),
}
PATIENCE = 60
registry = ConnectionRegistry()
Act = Callable[[str], object]
ENDS: dict[str, Act] = {
    "disconnect": lambda each: registry.forget(each, "default"),
    "gone": lambda each: registry.forget_all([each], "default"),
}


JOINS: dict[str, Act] = {
    "join": lambda each: registry.join(each, ["a"]),
    "add": lambda each: groups.add("a", connection=each),
}


@pytest.fixture
def one() -> Iterator[str]:
    if connection.vendor == "sqlite":
        pytest.skip("SQLite has one writer at a time.")
    with serving(Router()):
        gateway = Gateway()
        assert gateway.connect().status_code == 200
        yield gateway.id


@contextmanager
def meanwhile(act: Act, connection_id: str) -> Iterator[None]:
    """Start it in a session of its own; go on when it waits for this one's transaction,
    or has not waited at all. It has ended when this is left."""
    sessions: Queue[int] = Queue()

    def run() -> None:
        try:
            sessions.put(_value(f"SELECT {SESSION[connection.vendor]}"))
            act(connection_id)
        finally:
            connection.close()

    with ThreadPoolExecutor(1) as pool:
        with transaction.atomic():
            yield
            running = pool.submit(run)
            _until_it_waits(running, sessions.get(timeout=PATIENCE))
        running.result(PATIENCE)


def _until_it_waits(running: "Future[None]", session: int) -> None:
    """MariaDB looks again only when nobody has asked for a tenth of a second."""
    while not _value(WAITS[connection.vendor], session=session):
        if wait([running], timeout=0.3).done:
            return


def _value(statement: str, **values: Any) -> Any:
    with connection.cursor() as cursor:
        cursor.execute(statement, values)
        row = cursor.fetchone()
    return row[0] if row else None


@pytest.mark.parametrize("join", JOINS)
@pytest.mark.parametrize("end", ENDS)
def test_who_joins_while_the_connection_ends_finds_none(
    one: str, end: str, join: str
) -> None:
    with meanwhile(JOINS[join], one):
        ENDS[end](one)
    assert not OpenConnection.objects.exists()
    assert not Membership.objects.exists()


@pytest.mark.parametrize("join", JOINS)
@pytest.mark.parametrize("end", ENDS)
def test_a_connection_that_ends_while_it_joins_leaves_nothing(
    one: str, end: str, join: str
) -> None:
    with meanwhile(ENDS[end], one):
        JOINS[join](one)
    assert not OpenConnection.objects.exists()
    assert not Membership.objects.exists()
