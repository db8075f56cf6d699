"""The database of a run."""

import time
from typing import Any

import psycopg

START_SECONDS = 120


def prepare() -> None:
    """Create it, and set Django up for it."""
    import django

    django.setup()
    from django.core.management import call_command
    from django.db import connection

    from tests.chaos import audit
    from tests.faults import audit as streams_audit

    _create(connection.settings_dict)
    call_command("migrate", verbosity=0, run_syncdb=True)
    streams_audit.install()
    audit.install()


def _create(settings: dict[str, Any]) -> None:
    where = {"host": settings["HOST"], "port": settings["PORT"]}
    end = time.monotonic() + START_SECONDS
    while True:
        try:
            with psycopg.connect(
                user="postgres", dbname="postgres", autocommit=True, **where
            ) as server:
                server.execute(f"CREATE DATABASE {settings['NAME']}")
            return
        except psycopg.OperationalError:
            if time.monotonic() > end:
                raise
            time.sleep(0.2)
