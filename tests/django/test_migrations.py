"""The tables that the migrations make, whose names are frozen."""

import pytest
from django.contrib.auth.models import Permission
from django.db import connection
from django.db.migrations.executor import MigrationExecutor

TABLES = {
    "wsrouter_endedsession",
    "wsrouter_keptevent",
    "wsrouter_membership",
    "wsrouter_openconnection",
    "wsrouter_presencechange",
    "wsrouter_presencegroup",
    "wsrouter_presentuser",
    "wsrouter_queuedsend",
    "wsrouter_queuedslice",
    "wsrouter_reaperrun",
    "wsrouter_stream",
    "wsrouter_ticket",
}
ACTIONS = dict.fromkeys(TABLES, ("add", "change", "delete", "view")) | {
    "wsrouter_keptevent": ("view",),
    "wsrouter_presencechange": (),
    "wsrouter_presencegroup": (),
    "wsrouter_presentuser": (),
    "wsrouter_reaperrun": (),
    "wsrouter_stream": ("delete", "view"),
}
PERMISSIONS = {
    f"{action}_{model.removeprefix('wsrouter_')}"
    for model, actions in ACTIONS.items()
    for action in actions
} | {
    "close_openconnection",
    "publish_gateway",
    "send_test_event",
    "view_queuedsend_payload",
}

pytestmark = [pytest.mark.database, pytest.mark.django_db(transaction=True)]


def tables() -> set[str]:
    names = connection.introspection.table_names()
    return {name for name in names if name.startswith("wsrouter_")}


def test_the_names_of_tables_are_frozen() -> None:
    assert tables() == TABLES


@pytest.mark.django_db
def test_the_names_of_permissions_are_frozen() -> None:
    found = Permission.objects.filter(content_type__app_label="wsrouter")
    assert set(found.values_list("codename", flat=True)) == PERMISSIONS


def test_the_tables_can_be_removed_and_made_again() -> None:
    leaves = MigrationExecutor(connection).loader.graph.leaf_nodes("wsrouter")
    MigrationExecutor(connection).migrate([("wsrouter", None)])
    try:
        assert tables() == set()
    finally:
        MigrationExecutor(connection).migrate(leaves)
    assert tables() == TABLES
