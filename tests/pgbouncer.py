"""Runs a command with PgBouncer in front of PostgreSQL, in transaction mode.

    WSROUTER_TEST_DATABASE=postgresql python -m tests.pgbouncer pytest -m database

Each transaction of the command gets one of few connections to the server, in turn, so
that whatever a statement leaves behind in its session is somebody else's soon.
"""

import os
import shutil
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from tempfile import TemporaryDirectory
from urllib.parse import urlsplit

import psycopg

from tests.databases import POSTGRESQL
from tests.ports import free_port

PLACES = os.environ["PATH"] + os.pathsep + "/usr/sbin"
MISSING = "PgBouncer is not installed: apt-get install pgbouncer"
SERVER_CONNECTIONS = 4
READY_SECONDS = 20
USER = "nobody"
"""PgBouncer refuses to run as root."""
SETTINGS = """
[databases]
* = {server}

[pgbouncer]
listen_addr = 127.0.0.1
listen_port = {port}
unix_socket_dir =
auth_type = any
admin_users = {admin}
pool_mode = transaction
min_pool_size = {connections}
default_pool_size = {connections}
reserve_pool_size = 20
reserve_pool_timeout = 0.1
server_round_robin = 1
max_client_conn = 500
"""


def main(command: list[str]) -> int:
    program = shutil.which("pgbouncer", path=PLACES)
    if program is None:
        sys.exit(MISSING)
    with TemporaryDirectory() as folder, running(program, Path(folder)) as url:
        pooled = {"WSROUTER_TEST_POSTGRESQL": url, "WSROUTER_TEST_POOLED": "1"}
        done = subprocess.run(command, env={**os.environ, **pooled}, check=False)
    return done.returncode


@contextmanager
def running(program: str, folder: Path) -> Iterator[str]:
    """The URL of PostgreSQL behind a PgBouncer that lives as long as the block."""
    port, settings, log = free_port(), folder / "pgbouncer.ini", folder / "log.txt"
    server = urlsplit(POSTGRESQL)
    numbers = {"port": port, "connections": SERVER_CONNECTIONS}
    settings.write_text(
        SETTINGS.format(server=_libpq(), admin=server.username, **numbers)
    )
    as_user = ["-u", USER] if os.geteuid() == 0 else []
    folder.chmod(0o755)
    with log.open("wb") as output:
        process = subprocess.Popen(
            [program, *as_user, str(settings)],
            stdout=output,
            stderr=subprocess.STDOUT,
        )
    try:
        url = server._replace(netloc=f"{server.username}@127.0.0.1:{port}").geturl()
        _wait_for(url, process, log)
        yield url
    finally:
        process.terminate()
        process.wait(timeout=10)


def give_up(database: str) -> None:
    """Close every connection to a database, and open no more: PostgreSQL removes none
    that a connection is open to."""
    console = urlsplit(POSTGRESQL)._replace(path="/pgbouncer").geturl()
    with psycopg.connect(console, autocommit=True) as connection:
        psycopg.ClientCursor(connection).execute(f"KILL {database}")


def _libpq() -> str:
    server = urlsplit(POSTGRESQL)
    parts = {
        "host": server.hostname,
        "port": server.port or 5432,
        "user": server.username,
        "password": server.password,
    }
    return " ".join(f"{name}={value}" for name, value in parts.items() if value)


def _wait_for(url: str, process: "subprocess.Popen[bytes]", log: Path) -> None:
    deadline = time.monotonic() + READY_SECONDS
    while process.poll() is None and time.monotonic() < deadline:
        with suppress(psycopg.OperationalError), psycopg.connect(url) as connection:
            connection.execute("SELECT 1")
            return
        time.sleep(0.1)
    raise RuntimeError(f"PgBouncer does not answer: {log.read_text()}")


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
