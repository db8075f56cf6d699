"""The system checks of an application that keeps events."""

from datetime import timedelta
from typing import Any

import pytest
from django.core import checks
from django.db import connection, connections
from django.utils import timezone

from tests.django.events import serving
from tests.streams.stream_routes import news, router
from wsrouter import Router
from wsrouter.models import ReaperRun
from wsrouter.ops.reaper import reap

pytestmark = [pytest.mark.database, pytest.mark.django_db(transaction=True)]


def found(*, databases: Any = None, served: Router = router, **options: Any) -> Any:
    with serving(served, **options):
        messages = checks.run_checks(tags=["wsrouter"], databases=databases)
    return {message.id: message.msg for message in messages}


def test_w026_a_reaper_that_does_not_run() -> None:
    assert found(databases=[]) == {}, "the database is not asked"
    assert found(served=Router(), databases=["default"]) == {}
    assert found(databases=["default"]) == {}, "nothing is kept yet"
    with serving(router):
        news.send("a", group="room")
    assert "ws_reap has not run" in found(databases=["default"])["wsrouter.W026"]
    reap(checks=0, rate=1)
    assert found(databases=["default"]) == {}
    ReaperRun.objects.update(ran_at=timezone.now() - timedelta(hours=2))
    assert list(found(databases=["default"])) == ["wsrouter.W026"]


def test_e026_a_table_without_transactions() -> None:
    if connection.vendor != "mysql":
        pytest.skip("Only MySQL and MariaDB have such tables.")
    reap(checks=0, rate=1)
    with connection.cursor() as cursor:
        cursor.execute("ALTER TABLE wsrouter_keptevent ENGINE=MyISAM")
        try:
            said = found(databases=["default"])
        finally:
            cursor.execute("ALTER TABLE wsrouter_keptevent ENGINE=InnoDB")
    assert "'wsrouter_keptevent' has the engine MyISAM" in said["wsrouter.E026"]
    assert found(databases=["default"]) == {}


def test_w027_transactions_on_another_database(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    other = connections.settings["default"] | {"ATOMIC_REQUESTS": True}
    monkeypatch.setitem(connections.settings, "other", other)
    assert "the database 'other' has" in found()["wsrouter.W027"]
    assert found(served=Router()) == {}


def test_w028_pings_that_cannot_be_selected() -> None:
    options = {"ROUTE_SELECTION_EXPRESSION": "${request.body.a}-${request.body.b}"}
    assert "cannot send wsrouter.ping" in found(**options)["wsrouter.W028"]
