"""Numbered checks of kept events: what would lose them, or leave them behind."""

from typing import Any

from django.core import checks
from django.core.checks import CheckMessage, Error
from django.db import DatabaseError, connections

from wsrouter.checks.configured import configured_gateways, declared
from wsrouter.models import KeptEvent, Stream
from wsrouter.options.gateway import Gateway
from wsrouter.registry import reaper_runs
from wsrouter.registry.database import alias
from wsrouter.wire import selection
from wsrouter.wiring.isolated_hooks import atomic_aliases


def check_reaper(*, databases: Any = None, **_: Any) -> list[CheckMessage]:
    """W026: nothing posts what a process that died has stored, nor deletes old events.
    Asks the database, so only `check --database` runs it."""
    if alias() not in (databases or ()) or not _keeping():
        return []
    try:
        is_seen = reaper_runs.is_seen() or not reaper_runs.is_needed()
    except DatabaseError:  # not migrated yet
        return []
    if is_seen:
        return []
    return [
        checks.Warning(
            f"Gateway {_keeping()[0]!r} keeps events, and ws_reap has not run for an"
            " hour: nothing posts what a process has stored that died, nor deletes"
            " what is too old.",
            hint="Run `manage.py ws_reap` every few minutes.",
            id="wsrouter.W026",
        )
    ]


def check_engine(*, databases: Any = None, **_: Any) -> list[CheckMessage]:
    """E026: tables without transactions, on MySQL and MariaDB."""
    using = alias()
    if using not in (databases or ()) or not _keeping():
        return []
    return [
        Error(
            f"The table {table!r} has the engine {engine}, which has no transactions:"
            " kept events would be sent that were rolled back.",
            hint=f"ALTER TABLE {table} ENGINE=InnoDB",
            id="wsrouter.E026",
        )
        for table, engine in _engines(using)
        if engine != "InnoDB"
    ]


def check_databases(**_: Any) -> list[CheckMessage]:
    """W027: a transaction on another database is open around every message."""
    others = [name for name in atomic_aliases() if name != alias()]
    if not others or not _keeping():
        return []
    return [
        checks.Warning(
            f"Gateway {_keeping()[0]!r} keeps events, and the database {others[0]!r}"
            " has ATOMIC_REQUESTS: what a message sends is stored when the last of its"
            " transactions has committed, and lost if the process dies in between.",
            hint="Set ATOMIC_REQUESTS for the database of wsrouter alone, or silence"
            " this check.",
            id="wsrouter.W027",
        )
    ]


def check_pings(**_: Any) -> list[CheckMessage]:
    """W028: clients cannot ask for a lost event."""
    return [
        checks.Warning(
            f"Gateway {gateway.alias!r} keeps events, and its"
            f" ROUTE_SELECTION_EXPRESSION {gateway.route_selection_expression!r} does"
            " not select by a member of the body: clients cannot send wsrouter.ping.",
            hint="Use an expression of the form $request.body.action.",
            id="wsrouter.W028",
        )
        for gateway in configured_gateways()
        if gateway.alias in _keeping() and not _selects_by_body(gateway)
    ]


def check_envelopes(**_: Any) -> list[CheckMessage]:
    """W029: frames have no place for what clients need to come back."""
    return [
        checks.Warning(
            f"Gateway {gateway.alias!r} keeps events, and the frames of its ENVELOPE"
            f" {type(gateway.custom_envelope).__qualname__} have no place for streams:"
            " clients get the events without their number, and cannot ask for lost"
            " ones.",
            hint="Use the envelope 'nested' or 'flat', or silence this check.",
            id="wsrouter.W029",
        )
        for gateway in configured_gateways()
        if gateway.custom_envelope is not None and gateway.alias in _keeping()
    ]


def _selects_by_body(gateway: Gateway) -> bool:
    try:
        return selection.parse(gateway.route_selection_expression).key is not None
    except ValueError:  # another check reports it
        return True


def _keeping() -> list[str]:
    """The gateways whose routers keep events."""
    return [
        gateway.alias
        for gateway in configured_gateways()
        if (known := declared(gateway)) is not None and known.keeps_events
    ]


def _engines(using: str) -> list[tuple[str, str]]:
    database = connections[using]
    if database.vendor != "mysql":
        return []
    tables = [model._meta.db_table for model in (Stream, KeptEvent)]
    with database.cursor() as cursor:
        cursor.execute(
            "SELECT table_name, engine FROM information_schema.tables"
            " WHERE table_schema = DATABASE() AND table_name IN (%s, %s)",
            tables,
        )
        return [(str(table), str(engine)) for table, engine in cursor.fetchall()]


CHECKS = (
    check_reaper,
    check_engine,
    check_databases,
    check_pings,
    check_envelopes,
)
