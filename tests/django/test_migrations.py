"""Registries that were filled before a migration."""

from typing import Any

import pytest
from django.apps.registry import Apps
from django.db import connection
from django.db.migrations.executor import MigrationExecutor
from django.utils import timezone

from wsrouter.models import Membership

pytestmark = [pytest.mark.database, pytest.mark.django_db(transaction=True)]


def migrated(name: str) -> Apps:
    executor = MigrationExecutor(connection)
    executor.migrate([("wsrouter", name)])
    return executor.loader.project_state([("wsrouter", name)]).apps


def last() -> str:
    (leaf,) = MigrationExecutor(connection).loader.graph.leaf_nodes("wsrouter")
    return leaf[1]


@pytest.fixture
def before() -> Any:
    newest = last()
    yield migrated("0004_publish_gateway")
    migrated(newest)


def test_0005_copies_what_connections_say(before: Apps, user: Any) -> None:
    now, newest = timezone.now(), last()
    facts = {
        "gateway": "shop",
        "api_id": "abc123defg",
        "stage": "production",
        "stored_at": now,
        "expires_at": now,
    }
    rows = before.get_model("wsrouter", "OpenConnection").objects
    rows.create(connection_id="a=", user_id=user.pk, connected_at=now, **facts)
    stored_at = rows.get().stored_at
    members = before.get_model("wsrouter", "Membership").objects
    for connection_id in ("a=", "orphan="):
        members.create(group="g", connection_id=connection_id)
    migrated(newest)
    found = Membership.objects.values("connection_id", "user_id", *facts).get()
    assert found == facts | {
        "connection_id": "a=",
        "user_id": user.pk,
        "stored_at": stored_at,
    }
