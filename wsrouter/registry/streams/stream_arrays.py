"""The streams of a connection as JSON arrays, so that a look-up reads them along with
the connection's row, in one statement."""

from collections.abc import Mapping

from django.db import connections
from django.db.models.expressions import RawSQL

from wsrouter.models import Membership, OpenConnection, Stream
from wsrouter.registry.streams.numbering import GROUP, USER

_ARRAY = {
    "postgresql": "JSON_BUILD_ARRAY",
    "mysql": "JSON_ARRAY",
    "sqlite": "JSON_ARRAY",
}
_ARRAYS = {
    "postgresql": "JSON_AGG",
    "mysql": "JSON_ARRAYAGG",
    "sqlite": "JSON_GROUP_ARRAY",
}
_COLUMNS = ("id", "public_id", "epoch", "top")


def annotations(using: str) -> Mapping[str, RawSQL]:
    """For a query of OpenConnection: `group_streams` is an array of arrays of the
    group's name, and the row id, public id, epoch and top of its stream, nulls where it
    has none; `user_stream` is the array of the user's own stream, or null."""
    return {"group_streams": _of_groups(using), "user_stream": _of_user(using)}


def _of_groups(using: str) -> RawSQL:
    q, vendor = connections[using].ops.quote_name, connections[using].vendor
    columns = ", ".join(f"s.{q(name)}" for name in _COLUMNS)
    array = f"{_ARRAYS[vendor]}({_ARRAY[vendor]}(m.{q('group')}, {columns}))"
    member, stream = q(Membership._meta.db_table), q(Stream._meta.db_table)
    connection = q(OpenConnection._meta.db_table)
    return _subquery(
        f"SELECT {_as_text(array, vendor)} FROM {member} m"  # noqa: S608  # quoted names
        f" LEFT JOIN {stream} s ON s.{q('gateway')} = m.{q('gateway')}"
        f" AND s.{q('kind')} = '{GROUP}' AND s.{q('name')} = m.{q('group')}"
        f" WHERE m.{q('connection_id')} = {connection}.{q('connection_id')}"
    )


def _of_user(using: str) -> RawSQL:
    q, vendor = connections[using].ops.quote_name, connections[using].vendor
    columns = ", ".join(f"s.{q(name)}" for name in _COLUMNS)
    array = _as_text(f"{_ARRAY[vendor]}({columns})", vendor)
    connection = q(OpenConnection._meta.db_table)
    return _subquery(
        f"SELECT {array} FROM {q(Stream._meta.db_table)} s"  # noqa: S608  # quoted names
        f" WHERE s.{q('gateway')} = {connection}.{q('gateway')}"
        f" AND s.{q('kind')} = '{USER}'"
        f" AND s.{q('user_id')} = {connection}.{q('user_id')}"
    )


def _subquery(sql: str) -> RawSQL:
    return RawSQL(f"({sql})", ())  # noqa: S611  # no value is in it


def _as_text(expression: str, vendor: str) -> str:
    return f"CAST({expression} AS TEXT)" if vendor == "postgresql" else expression
