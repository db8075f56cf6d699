"""The database that the tests run on: its settings, and whether it answers."""

import os
from contextlib import suppress
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pymysql
from django.db import DatabaseError, OperationalError, connection

CHOSEN = os.environ.get("WSROUTER_TEST_DATABASE", "sqlite")
ISOLATION = os.environ.get("WSROUTER_TEST_ISOLATION", "")
POOLED = bool(os.environ.get("WSROUTER_TEST_POOLED"))
"""PostgreSQL is behind PgBouncer: tests/pgbouncer.py."""
REPLICA = bool(os.environ.get("WSROUTER_TEST_REPLICA"))
"""The package would read from a replica, which fails: tests/read_replica.py."""
REQUIRED = bool(os.environ.get("WSROUTER_REQUIRE_SERVICES"))

POSTGRESQL = os.environ.get(
    "WSROUTER_TEST_POSTGRESQL", "postgresql://postgres@127.0.0.1:5432/postgres"
)
_SQLITE = Path(__file__).parent / "project" / "db.sqlite3"
_URLS = {
    "sqlite": os.environ.get("WSROUTER_TEST_SQLITE", f"sqlite://{_SQLITE}"),
    "postgresql": POSTGRESQL,
    "mysql": os.environ.get("WSROUTER_TEST_MYSQL", "mysql://root@127.0.0.1:3306/"),
}


def settings() -> dict[str, Any]:
    """DATABASES and DATABASE_ROUTERS."""
    if not REPLICA:
        return {"DATABASES": {"default": _default()}}
    replica = _default() | {"TEST": {"MIRROR": "default"}}
    return {
        "DATABASES": {"default": _default(), "replica": replica},
        "DATABASE_ROUTERS": ["tests.read_replica.Router"],
    }


def _default() -> dict[str, Any]:
    url = urlsplit(_URLS[CHOSEN])
    chosen: dict[str, Any] = {
        "ENGINE": f"django.db.backends.{CHOSEN.replace('sqlite', 'sqlite3')}",
        "NAME": url.path,
    }
    if CHOSEN == "sqlite":
        return chosen
    return chosen | {
        "NAME": url.path.removeprefix("/"),
        "USER": url.username or "",
        "PASSWORD": url.password or "",
        "HOST": url.hostname or "",
        "PORT": url.port or "",
        "OPTIONS": {"connect_timeout": 60, **_isolation()},
        # In transaction mode a cursor of the server would be lost with its session.
        "DISABLE_SERVER_SIDE_CURSORS": POOLED,
        # Runs side by side must not share it.
        "TEST": {"NAME": f"test_wsrouter_{os.getpid()}", **_collation()},
    }


def _isolation() -> dict[str, Any]:
    """`repeatable read`, for one, in WSROUTER_TEST_ISOLATION; Django's default is `read
    committed`."""
    if not ISOLATION:
        return {}
    if CHOSEN == "mysql":
        return {"isolation_level": ISOLATION}
    from psycopg import IsolationLevel

    level = IsolationLevel[ISOLATION.upper().replace(" ", "_")]
    return {"isolation_level": level}


def _collation() -> dict[str, str]:
    """On MariaDB one that ignores case, as most servers have by default: a column
    that must tell "a" from "A" has to say so itself."""
    if CHOSEN != "mysql":
        return {}
    pymysql.install_as_MySQLdb()
    return {"CHARSET": "utf8mb4", "COLLATION": "utf8mb4_general_ci"}


def problem() -> str | None:
    """Why the chosen server cannot be used, or None."""
    if CHOSEN == "sqlite":
        return None
    try:
        connection.ensure_connection()
    except OperationalError as error:
        return f"{CHOSEN} does not answer: {error}"
    connection.close()
    return None


_END_OTHERS = {
    "postgresql": (
        "SELECT pg_terminate_backend(pid, 5000) FROM pg_stat_activity"
        " WHERE datname = current_database() AND pid <> pg_backend_pid()"
    ),
    "mysql": (
        "SELECT id FROM information_schema.processlist"
        " WHERE db = DATABASE() AND id <> connection_id()"
    ),
}
_END_OWN = {
    "postgresql": "SELECT pg_terminate_backend(pg_backend_pid())",
    "mysql": "KILL CONNECTION_ID()",
}


def end_sessions() -> None:
    """End every session of the server with the tests' database, as its restart does;
    who has one finds out when it asks for something."""
    own = connection.copy()
    with suppress(DatabaseError), own.cursor() as cursor:
        cursor.execute(_END_OTHERS[CHOSEN])
        for (number,) in cursor.fetchall() if CHOSEN == "mysql" else ():
            cursor.execute("KILL %s", [number])
        cursor.execute(_END_OWN[CHOSEN])
    own.close()
