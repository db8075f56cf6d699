"""Fills the registry with rows made inside the database: a million take minutes."""

import time

from django.contrib.auth.models import User
from django.db import connection
from django.db.models import Model

from wsrouter.models import Membership, OpenConnection

HALL = 20_000
ROOM = 10
VISIBLE_SECONDS = 60.0
PER_USER = 10
PASSWORD = "x"
"""Of every user."""
_NUMBERS = {
    "postgresql": "SELECT n FROM generate_series({first}, {last}) AS t(n)",
    "mysql": "SELECT seq AS n FROM seq_{first}_to_{last}",
    "sqlite": (
        "WITH RECURSIVE t(n) AS"
        " (SELECT {first} UNION ALL SELECT n + 1 FROM t WHERE n < {last})"
        " SELECT n FROM t"
    ),
}
_PLACE = "'default', 'abc123defg', 'production'"
_TEXT = {"postgresql": "text", "mysql": "char", "sqlite": "text"}
_NOW = {
    "postgresql": "now() + interval '{minutes} minutes'",
    "mysql": "utc_timestamp(6) + interval {minutes} minute",
    "sqlite": "strftime('%Y-%m-%d %H:%M:%f', 'now', '{minutes} minutes')",
}


def fill(
    first: int, last: int, total: int, *, proof: tuple[str, str] = ("", "")
) -> None:
    """Connections `first` to `last` of `total`, each in three groups: `all`, a hall of
    20,000 and a room of 10. A second call adds to the first halls and rooms. `proof` is
    the session hash of each user, and the digest of each password."""
    _users(first // PER_USER + 1, last // PER_USER)
    _connections(first, last, proof)
    _memberships(first, last, total)


def analyze(*more: type[Model]) -> None:
    """As autovacuum and its like do after a while: the registry, and `more`."""
    with connection.cursor() as cursor:
        for model in (User, OpenConnection, Membership, *more):
            table = model._meta.db_table
            if connection.vendor == "mysql":
                cursor.execute(f"ANALYZE TABLE {table}")
                cursor.fetchall()
            elif connection.vendor == "postgresql":
                _vacuum(table)
            else:
                cursor.execute(f"ANALYZE {table}")


def _vacuum(table: str) -> None:
    """Until nearly every page counts as visible to all, without which an index alone is
    not worth reading. An older transaction in the same database keeps VACUUM from that,
    if only that of an autovacuum that analyzes another table; and it passes over a page
    that somebody reads, or that was added to the file and never used."""
    end = time.monotonic() + VISIBLE_SECONDS
    while True:
        with connection.cursor() as cursor:
            cursor.execute(f"VACUUM ANALYZE {table}")
            ask = (
                "SELECT relpages - relallvisible, relpages FROM pg_class"
                " WHERE oid = %s::regclass"
            )
            cursor.execute(ask, [table])
            ((hidden, pages),) = cursor.fetchall()
        if hidden <= 1 + pages // 100:
            return
        if time.monotonic() > end:
            words = f"{hidden} of {pages} pages of {table} are not visible to all."
            raise TimeoutError(words)
        time.sleep(0.2)


def cache_mib() -> int | None:
    """The server's own cache; SQLite and PostgreSQL count on the system's."""
    ask = {
        "mysql": "SELECT @@innodb_buffer_pool_size DIV 1048576",
        "postgresql": (
            "SELECT setting::int / 128 FROM pg_settings WHERE name = 'shared_buffers'"
        ),
    }
    if connection.vendor not in ask:
        return None
    with connection.cursor() as cursor:
        cursor.execute(ask[connection.vendor])
        return int(cursor.fetchone()[0])


def clear() -> None:
    for model in (Membership, OpenConnection, User):
        with connection.cursor() as cursor:
            cursor.execute(f"DELETE FROM {model._meta.db_table}")


def _users(first: int, last: int) -> None:
    _insert(
        "auth_user (id, username, password, first_name, last_name, email, is_staff,"
        " is_superuser, is_active, date_joined)",
        f"n, {_text('n')}, '{PASSWORD}', '', '', '', {_flag(0)}, {_flag(0)},"
        f" {_flag(1)}, {_at(0)}",
        _numbers(first, last),
    )


def _connections(first: int, last: int, proof: tuple[str, str]) -> None:
    auth_hash, digest = proof
    _insert(
        "wsrouter_openconnection (connection_id, user_id, gateway, api_id, stage,"
        " stored_at, expires_at, connected_at, auth_hash, password_digest,"
        " session_hash, state, source_ip, user_agent, language)",
        f"{_id()}, {_user()}, {_PLACE}, {_at(-60)}, {_at(60)}, {_at(-60)},"
        f" '{auth_hash}', '{digest}', md5({_text('-n')}), '{{}}', '203.0.113.9',"
        " 'Mozilla/5.0 (X11; Linux)', ''",
        _numbers(first, last),
    )


def _memberships(first: int, last: int, total: int) -> None:
    """As `join` writes them: copies of what the connection's row says."""
    hall, room = max(1, total // HALL), max(1, total // ROOM)
    for name in ("'all'", _numbered("hall", hall), _numbered("room", room)):
        _insert(
            f"wsrouter_membership ({connection.ops.quote_name('group')},"
            " connection_id, user_id, gateway, api_id, stage, stored_at, expires_at)",
            f"{name}, {_id()}, {_user()}, {_PLACE}, {_at(-60)}, {_at(60)}",
            _numbers(first, last),
        )


def _insert(into: str, values: str, numbers: str) -> None:
    with connection.cursor() as cursor:
        cursor.execute(f"INSERT INTO {into} SELECT {values} FROM ({numbers}) t")


def _numbers(first: int, last: int) -> str:
    return _NUMBERS[connection.vendor].format(first=first, last=last)


def _numbered(name: str, count: int) -> str:
    return _joined(f"'{name}:'", _text(f"n % {count}"))


def _joined(*texts: str) -> str:
    if connection.vendor == "mysql":
        return f"concat({', '.join(texts)})"
    return " || ".join(texts)


def _id() -> str:
    """Like an id of API Gateway; in any order but that of the numbers."""
    return _joined(f"substr(md5({_text('n')}), 1, 15)", "'='")


def _user() -> str:
    divided = "DIV" if connection.vendor == "mysql" else "/"
    return f"nullif(n {divided} {PER_USER}, 0)"


def _text(value: str) -> str:
    return f"cast({value} AS {_TEXT[connection.vendor]})"


def _flag(value: int) -> str:
    return str(bool(value)).lower() if connection.vendor == "postgresql" else str(value)


def _at(minutes: int) -> str:
    return _NOW[connection.vendor].format(minutes=minutes)
