"""Django's own live server, for a gateway that has none in front of it."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from django.conf import settings
from django.contrib.staticfiles.handlers import StaticFilesHandler
from django.db import connections
from django.db.backends.base.base import BaseDatabaseWrapper
from django.test.testcases import LiveServerThread

_HOST = "localhost"


@contextmanager
def django_server() -> Iterator[str]:
    """Its URL, while the block runs. An in-memory SQLite is shared with it."""
    shared = {one.alias: one for one in connections.all() if _is_in_memory(one)}
    for connection in shared.values():
        connection.inc_thread_sharing()
    settings.ALLOWED_HOSTS.append(_HOST)
    static: Any = StaticFilesHandler if settings.STATIC_URL else _as_it_is
    thread = LiveServerThread(_HOST, static, connections_override=shared)
    thread.daemon = True
    try:
        thread.start()
        thread.is_ready.wait()
        if thread.error:
            raise thread.error
        yield f"http://{_HOST}:{thread.port}"
    finally:
        thread.terminate()
        settings.ALLOWED_HOSTS.remove(_HOST)
        for connection in shared.values():
            connection.dec_thread_sharing()


def _as_it_is(application: Any) -> Any:
    """Without STATIC_URL there are no static files to serve."""
    return application


def _is_in_memory(connection: BaseDatabaseWrapper) -> bool:
    is_sqlite = connection.vendor == "sqlite"
    return is_sqlite and bool(connection.is_in_memory_db())  # type: ignore[attr-defined]
