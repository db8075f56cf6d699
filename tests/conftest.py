"""Chooses the database of a test run, and says so.

Tests run on SQLite. What must also hold on PostgreSQL and MariaDB is marked, a test, a
class or (`pytestmark = pytest.mark.database`) a module:

    @pytest.mark.database
    class ConnectionIds(TestCase): ...

`nox -s tests` runs the marked ones once more on each of the two. By hand, with
`sqlite`, `postgresql` or `mysql`:

    WSROUTER_TEST_DATABASE=mysql pytest -m database

WSROUTER_TEST_POSTGRESQL and WSROUTER_TEST_MYSQL say where the servers are, as URLs.
When one does not answer, its run is skipped, by name; with WSROUTER_REQUIRE_SERVICES
it fails.
"""

import sys
from collections.abc import Iterator
from types import SimpleNamespace

import pytest
from django.db import connection
from hypothesis import HealthCheck, settings
from pytest_django import DjangoDbBlocker

from tests import databases, pgbouncer

# What a busy machine takes long for is no failure.
settings.register_profile("busy", suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("busy")


def pytest_report_header() -> str:
    pool = " behind PgBouncer" if databases.POOLED else ""
    return f"database: {databases.CHOSEN}{pool}"


@pytest.fixture(autouse=True)
def _nothing_goes_on() -> Iterator[None]:
    """Sockets are closed, and messages handled, in threads, which must not reach into
    the next test, nor find the database of this one there."""
    yield
    if found := sys.modules.get("wsrouter.wiring.process_threads"):
        found.delays().close()
        found.closings().close()
    if waiting := sys.modules.get("wsrouter.endpoint.request_thread"):
        while waiting._idle:
            waiting._idle.pop().shutdown()


@pytest.fixture
def one_window(monkeypatch: pytest.MonkeyPatch) -> None:
    """Throttles count in one window, however long the test takes."""
    clock = SimpleNamespace(time=lambda: 1_800_000_015.0)
    monkeypatch.setattr("wsrouter.registry.rate_counter.time", clock)


@pytest.fixture(scope="session")
def django_db_modify_db_settings(django_db_blocker: DjangoDbBlocker) -> None:
    """pytest-django asks for this before it creates the test database."""
    with django_db_blocker.unblock():
        problem = databases.problem()
    if problem and databases.REQUIRED:
        pytest.exit(f"{problem} (and WSROUTER_REQUIRE_SERVICES is set)", returncode=1)
    if problem:
        pytest.skip(problem)


@pytest.fixture(scope="session", autouse=True)
def _pool_gives_up_the_database(request: pytest.FixtureRequest) -> Iterator[None]:
    """PgBouncer keeps its connections to the server open."""
    if databases.POOLED:
        request.getfixturevalue("django_db_setup")
    yield
    if databases.POOLED:
        pgbouncer.give_up(connection.settings_dict["NAME"])
