"""What Django calls after each test whose transactions are real. Its own flush
truncates every table and makes all permissions anew: half the time of such tests."""

from typing import Any

from django.contrib.auth.models import Permission
from django.contrib.contenttypes.models import ContentType
from django.core.management.commands import flush
from django.db import connections, transaction
from django.db.backends.base.base import BaseDatabaseWrapper

MADE_BY_MIGRATE = (ContentType, Permission)
_made: dict[str, dict[str, set[Any]]] = {}
"""The keys of those rows, by database and table, as Django's own flush left them."""


class Command(flush.Command):
    def handle(self, **options: Any) -> None:
        """Delete all rows but those that `migrate` makes, or what was added to them."""
        alias = options["database"]
        connection = connections[alias]
        made = _made.get(alias)
        if made is None or not self._empty(connection, made):
            super().handle(**options)
            _made[alias] = _keys(alias)

    def _empty(
        self, connection: BaseDatabaseWrapper, made: dict[str, set[Any]]
    ) -> bool:
        """False when rows of `migrate` are missing, so that nothing was done."""
        found = _keys(connection.alias)
        if any(made[name] - found[name] for name in made):
            return False
        names = connection.introspection.django_table_names(
            only_existing=True, include_views=False
        )
        with (
            connection.constraint_checks_disabled(),
            transaction.atomic(connection.alias),
        ):
            with connection.cursor() as cursor:
                for name in set(names) - set(made):
                    cursor.execute(f"DELETE FROM {connection.ops.quote_name(name)}")
            for model in reversed(MADE_BY_MIGRATE):
                name = model._meta.db_table
                rows = model._base_manager.using(connection.alias)
                if added := found[name] - made[name]:
                    rows.filter(pk__in=added).delete()
        return True


def _keys(alias: str) -> dict[str, set[Any]]:
    return {
        model._meta.db_table: set(
            model._base_manager.using(alias).values_list("pk", flat=True)
        )
        for model in MADE_BY_MIGRATE
    }
