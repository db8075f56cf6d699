"""Registers of a size at which databases choose their plans, and what they chose."""

import json
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

from django.db import connection

Statement = tuple[str, Any]
_READING = ("SELECT", "UPDATE", "DELETE", "INSERT")


@contextmanager
def recorded() -> Iterator[list[Statement]]:
    """Every statement that reads a table, with its values."""
    seen: list[Statement] = []

    def note(execute: Any, sql: str, values: Any, many: bool, context: Any) -> Any:
        if sql.lstrip(" (").upper().startswith(_READING):
            seen.append((sql, values))
        return execute(sql, values, many, context)

    with connection.execute_wrapper(note):
        yield seen


def scanned(sql: str, values: Any) -> str:
    """The plan, when it reads a whole table; else empty."""
    prefix, of = _VENDORS[connection.vendor]
    with connection.cursor() as cursor:
        cursor.execute(f"{prefix} {sql}", values)
        return of(cursor.fetchall())


def covered(sql: str, values: Any) -> bool:
    """Whether all that is read is in the index."""
    prefix, _ = _VENDORS[connection.vendor]
    with connection.cursor() as cursor:
        cursor.execute(f"{prefix} {sql}", values)
        plan = " ".join(str(part) for row in cursor.fetchall() for part in row)
    return _COVERED[connection.vendor] in plan


def _postgresql(rows: list[Any]) -> str:
    plan = "\n".join(row[0] for row in rows)
    return plan if "Seq Scan" in plan else ""


def _mysql(rows: list[Any]) -> str:
    plan = rows[0][0]
    tables = list(_tables(json.loads(plan)))
    whole = [each for each in tables if each["access_type"] in {"ALL", "index"}]
    return plan if any(not each.get("is_derived") for each in whole) else ""


def _sqlite(rows: list[Any]) -> str:
    plan = "\n".join(row[3] for row in rows)
    whole = [line for line in plan.splitlines() if line.startswith("SCAN wsrouter")]
    return plan if whole else ""


def _tables(node: Any) -> Iterator[Any]:
    """Every table of MariaDB's plan; one made by the statement itself is none."""
    if isinstance(node, dict):
        if "access_type" in node:
            made = "materialized" in node or "<" in node["table_name"]
            yield node | {"is_derived": made}
        for each in node.values():
            yield from _tables(each)
    elif isinstance(node, list):
        for each in node:
            yield from _tables(each)


_COVERED = {
    "postgresql": "Index Only Scan using wsrouter_membership_page",
    "mysql": '"using_index": true',
    "sqlite": "USING COVERING INDEX wsrouter_membership_page",
}
_VENDORS: dict[str, tuple[str, Callable[[list[Any]], str]]] = {
    "postgresql": ("EXPLAIN", _postgresql),
    "mysql": ("EXPLAIN FORMAT=JSON", _mysql),
    "sqlite": ("EXPLAIN QUERY PLAN", _sqlite),
}
