"""The registry's database: its alias, its transactions, and the times it stores."""

from collections.abc import Callable
from datetime import datetime

from django.conf import settings
from django.db import connections, router, transaction
from django.utils import timezone

from wsrouter.models import OpenConnection


def alias() -> str:
    """The alias of the database that holds the registry."""
    return router.db_for_write(OpenConnection)


def after_commit(run: Callable[[], object]) -> bool:
    """Call `run` when the open transaction commits. Returns False, and does nothing,
    when no transaction is open."""
    if not in_transaction():
        return False
    transaction.on_commit(run, using=alias(), robust=True)
    return True


def in_transaction() -> bool:
    """Whether a transaction is open on the registry's database."""
    return bool(transaction.get_connection(alias()).in_atomic_block)


def close_old_connections() -> None:
    """Close stale database connections, as Django does at the end of a request."""
    for connection in connections.all(initialized_only=True):
        if not connection.in_atomic_block:
            connection.close_if_unusable_or_obsolete()


def aware(moment: datetime) -> datetime:
    """A stored time with its time zone, also where USE_TZ is False."""
    if settings.USE_TZ or timezone.is_aware(moment):
        return moment
    return timezone.make_aware(moment, timezone.get_default_timezone())


def storable(moment: datetime) -> datetime:
    """An aware time as the database stores it: naive where USE_TZ is False."""
    if settings.USE_TZ:
        return moment
    return timezone.make_naive(moment, timezone.get_default_timezone())
