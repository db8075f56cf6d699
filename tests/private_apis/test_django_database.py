"""Django's database layer, where wsrouter uses more of it than is documented."""

from inspect import signature
from typing import Any
from unittest.mock import patch

import pytest
from django.contrib.auth.models import User
from django.db import connection, connections, transaction
from django.db.backends.postgresql.psycopg_any import IsolationLevel
from django.db.models import CharField
from django.db.models.constants import OnConflict
from django.db.models.fields import Field
from django.db.models.query import FlatValuesListIterable, ModelIterable
from django.test import TestCase
from django.test.testcases import LiveServerThread

from wsrouter.models import ExactCharField, Membership, OpenConnection

pytestmark = [pytest.mark.database, pytest.mark.django_db]


def test_a_compiler_says_how_its_columns_are_read() -> None:
    query = OpenConnection.objects.select_related("user").filter(pk=7).query
    apart = connections.create_connection("default")
    assert apart is not connection
    compiler = query.get_compiler(connection=apart)
    sql, parameters = compiler.as_sql()
    assert sql.count("%s") == len(parameters) == 1
    expressions = [column[0] for column in compiler.select]
    names = [expression.target.attname for expression in expressions]
    assert "connection_id" in names
    (user,) = compiler.klass_info["related_klass_infos"]
    assert expressions[user["select_fields"][0]].target.model is user["model"]
    state = names.index("state")
    functions, expression = compiler.get_converters(expressions)[state]
    assert functions
    assert expression is expressions[state]
    formatted, _ = expression.select_format(compiler, *compiler.compile(expression))
    assert "state" in formatted


def test_what_a_filter_consists_of() -> None:
    query = User.objects.all().query
    assert not query.where
    others = query.is_sliced, query.combinator, query.annotations, query.extra
    assert not any((*others, query.distinct))
    filtered = User.objects.exclude(email="x").filter(is_active=True).query.where
    assert {(leaf.lhs.target.name, leaf.rhs) for leaf in filtered.leaves()} == {
        ("email", "x"),
        ("is_active", True),
    }
    again = User.objects.exclude(email="x").filter(is_active=True).query.where
    other = User.objects.exclude(email="y").filter(is_active=True).query.where
    assert (hash(filtered), filtered) == (hash(again), again)
    assert filtered != other
    assert User.objects.none().query.where


def test_a_live_server_shares_a_database_in_memory() -> None:
    names = signature(LiveServerThread).parameters
    assert list(names)[:3] == ["host", "static_handler", "connections_override"]
    assert LiveServerThread("localhost", None, {}).is_ready.is_set() is False  # type: ignore[arg-type]
    if connection.vendor == "sqlite":
        assert connection.is_in_memory_db() in (True, False)  # type: ignore[attr-defined]
    before = connection.allow_thread_sharing
    connection.inc_thread_sharing()
    assert connection.allow_thread_sharing
    connection.dec_thread_sharing()
    assert connection.allow_thread_sharing is before


def test_an_isolation_level_has_a_name() -> None:
    assert (
        IsolationLevel(IsolationLevel.REPEATABLE_READ.value).name == "REPEATABLE_READ"
    )


def test_whether_a_database_supports_returning() -> None:
    known = connection.features.can_return_columns_from_insert
    assert known == (connection.vendor != "mysql" or connection.mysql_is_mariadb)


def test_what_making_a_cursor_calls() -> None:
    """Whoever overrides one of these sees every cursor, in Django's backends."""
    called: list[str] = []
    kind = type(connections["default"])
    names = [
        "_cursor",
        "close_if_health_check_failed",
        "ensure_connection",
        "create_cursor",
        "make_cursor",
    ]

    def noting(name: str) -> Any:
        original = getattr(kind, name)

        def method(self: Any, *arguments: Any, **options: Any) -> Any:
            called.append(name)
            return original(self, *arguments, **options)

        return method

    with connection.cursor():
        pass  # connected
    replaced = {name: noting(name) for name in names}
    with patch.multiple(kind, **replaced), connection.cursor() as cursor:
        cursor.execute("SELECT %(value)s", {"value": "x"})
        assert [tuple(row) for row in cursor] == [("x",)]
    assert list(dict.fromkeys(called)) == names
    assert not connection.queries_logged
    connection.force_debug_cursor = True
    try:
        assert connection.queries_logged
    finally:
        connection.force_debug_cursor = False


def test_an_insert_that_ignores_conflicts() -> None:
    fields = [Membership._meta.get_field("group")]
    start = connection.ops.insert_statement(on_conflict=OnConflict.IGNORE)
    end = connection.ops.on_conflict_suffix_sql(fields, OnConflict.IGNORE, [], [])
    assert start.startswith("INSERT")
    assert ("IGNORE" in start) != (end.strip() == "ON CONFLICT DO NOTHING")


@pytest.mark.django_db(transaction=True)
def test_a_connection_that_is_too_old_is_closed() -> None:
    connection.ensure_connection()
    with transaction.atomic():
        assert connection.in_atomic_block
    assert not connection.in_atomic_block
    connection.close_at = 1.0
    before = connection.connection
    connection.close_if_unusable_or_obsolete()
    connection.ensure_connection()
    is_memory = connection.vendor == "sqlite" and connection.is_in_memory_db()
    assert (connection.connection is before) == is_memory


def test_a_collation_is_a_parameter_of_a_column() -> None:
    assert "type" in Field().db_parameters(connection)
    plain = CharField(max_length=5, db_collation="c").db_parameters(connection)
    assert plain["collation"] == "c"
    with patch.object(connections["default"], "vendor", "mysql"):
        exact = ExactCharField(max_length=5).db_parameters(connection)
    assert exact["collation"] == "utf8mb4_bin"


def test_the_options_of_every_database() -> None:
    assert list(connections.settings) == list(connections)
    assert connections.settings["default"]["ATOMIC_REQUESTS"] is False


def test_what_a_queryset_gives() -> None:
    rows = User.objects.all()
    assert rows._result_cache is None
    assert not list(rows)
    assert rows._result_cache == []
    assert rows._iterable_class is ModelIterable
    pairs, flat = rows.values("pk"), rows.values_list("pk", flat=True)
    assert flat._iterable_class is FlatValuesListIterable
    assert not issubclass(pairs._iterable_class, ModelIterable | FlatValuesListIterable)


class WaitingForACommit(TestCase):
    def test_what_waits_and_for_which_blocks(self) -> None:
        def later() -> None: ...

        transaction.on_commit(later)
        assert [waiting[1] for waiting in connection.run_on_commit] == [later]
        assert connection.atomic_blocks
        assert all(block._from_testcase for block in connection.atomic_blocks)
        with transaction.atomic():
            assert not connection.atomic_blocks[-1]._from_testcase
        connection.run_on_commit.clear()
