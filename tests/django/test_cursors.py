"""The kept cursor: as good as a new one, and nobody who watches misses a statement."""

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any
from unittest.mock import patch

import pytest
from django.contrib.auth.models import User
from django.db import DatabaseError, connections, transaction
from django.db.backends.utils import CursorWrapper
from django.test.utils import CaptureQueriesContext

from tests.django.events import Gateway, serving
from wsrouter import Connection, Router
from wsrouter.registry import cursors

pytestmark = [pytest.mark.database, pytest.mark.django_db(transaction=True)]
KEPT = "_wsrouter_cursor"
ECHO = "SELECT %(value)s"
router = Router()


@router.connect
def opened(connection: Connection) -> None: ...


@router.route("me")
def me(connection: Connection) -> str:
    return f"{connection.user}"


@pytest.fixture
def gateway(user: User) -> Iterator[Gateway]:
    with serving(router):
        gateway = Gateway()
        gateway.connect(user)
        yield gateway


def database() -> Any:
    return connections["default"]


def asked(value: str) -> Any:
    [[found]] = cursors.rows(database(), ECHO, {"value": value})
    return found


def test_one_cursor_serves_many_messages(gateway: Gateway) -> None:
    made: list[Any] = []
    make = type(database()).create_cursor

    def noted(self: Any, *arguments: Any) -> Any:
        made.append(self)
        return make(self, *arguments)

    gateway.send("me")
    with patch.object(type(database()), "create_cursor", noted):
        for _ in range(3):
            assert gateway.send("me")["payload"] == "ada"
    assert made == []


def test_another_connection_gets_another_cursor() -> None:
    assert asked("before") == "before"
    database().close()
    assert asked("after") == "after"


def test_a_statement_that_fails_leaves_nothing_behind() -> None:
    asked("before")
    with pytest.raises(DatabaseError):
        cursors.rows(database(), "SELECT nothing FROM nowhere", {})
    assert KEPT not in vars(database())
    assert asked("after") == "after"


def test_it_can_be_used_again_after_a_rollback() -> None:
    with transaction.atomic():
        asked("inside")
        transaction.set_rollback(True)
    assert asked("after") == "after"


def test_a_statement_inside_another_has_a_cursor_of_its_own() -> None:
    """As in threads that share a connection, between execute and fetch."""
    inner: list[Any] = []

    def amid(execute: Callable[..., Any], *about: Any) -> Any:
        result = execute(*about)
        if not inner:
            inner.append(None)
            inner[0] = asked("inner")
        return result

    asked("kept")
    with database().execute_wrapper(amid):
        assert asked("outer") == "outer"
    assert inner == ["inner"]


def test_a_backend_that_makes_cursors_itself_makes_each(tmp_path: Path) -> None:
    """As those do that have a schema for each tenant: a cursor is when they choose."""

    class Schemas(type(database())):  # type: ignore[misc]
        schema, chosen = "public", ""

        def _cursor(self, name: Any = None) -> Any:
            self.chosen = self.schema
            return super()._cursor(name)

    where = dict(database().settings_dict)
    if database().vendor == "sqlite":  # which is not closed in memory
        where["NAME"] = str(tmp_path / "tenants.sqlite3")
    tenants = Schemas(where, "tenants")
    try:
        for schema in ("one", "two"):
            tenants.schema = schema
            cursors.rows(tenants, ECHO, {"value": "x"})
            assert tenants.chosen == schema
    finally:
        tenants.close()


def counted() -> int:
    with CaptureQueriesContext(database()) as seen:
        asked("x")
    return len(seen)


def wrapped() -> int:
    seen = []

    def note(execute: Callable[..., Any], sql: str, *more: Any) -> Any:
        seen.append(sql)
        return execute(sql, *more)

    with database().execute_wrapper(note):
        asked("x")
    return len(seen)


def patched_class() -> int:
    """As error trackers do."""
    seen = []
    execute = CursorWrapper.execute

    def noted(self: Any, sql: str, *more: Any) -> Any:
        seen.append(sql)
        return execute(self, sql, *more)

    with patch.object(CursorWrapper, "execute", noted):
        asked("x")
    return len(seen)


def patched_connection() -> int:
    """As debug toolbars do, and tests that may not ask."""
    with patch.object(database(), "cursor", wraps=database().cursor) as cursor:
        asked("x")
    return int(cursor.call_count)


@pytest.mark.parametrize(
    "watching", [counted, wrapped, patched_class, patched_connection]
)
def test_who_watches_sees_every_statement(watching: Callable[[], int]) -> None:
    for _ in range(2):
        asked("kept")
        assert watching() == 1
