"""Users as the user model's default manager lists them: a project may hide users there
whom it has deleted or banned, and Django's own backend does not find those."""

from collections.abc import Sequence
from datetime import date
from decimal import Decimal
from functools import cache
from typing import Any
from uuid import UUID

from django.contrib.auth import get_user_model
from django.db.models import Manager, QuerySet
from django.db.models.expressions import Col
from django.db.models.manager import BaseManager

from wsrouter.registry.database import alias

_PLAIN = (str, int, float, date, Decimal, UUID, type(None))


def rows() -> "QuerySet[Any]":
    """The users that the default manager lists."""
    return get_user_model()._default_manager.using(alias())


def are_all_listed() -> bool:
    """Whether the default manager lists every row; asked anew each time where it has a
    `get_queryset` of its own, as that may depend on what holds at this moment."""
    manager: Any = get_user_model()._default_manager
    if _is_plain(type(manager)):  # type: ignore[arg-type]  # a type is hashable
        return True
    query = rows().query
    return not (query.where or query.is_sliced or query.combinator)


def listed(keys: Sequence[Any]) -> set[Any]:
    """Those of the primary keys that are listed; without a query where all are."""
    if not keys or are_all_listed():
        return set(keys)
    return set(rows().filter(pk__in=keys).values_list("pk", flat=True))


def simple_filter() -> Any:
    """The default manager's filter where it only compares columns with plain values, so
    that equal filters mean the same; else None."""
    query = rows().query
    others = query.annotations, query.extra, query.distinct, query.combinator
    if any(others) or query.is_sliced:
        return None
    is_simple = all(
        isinstance(getattr(leaf, "lhs", None), Col) and isinstance(leaf.rhs, _PLAIN)
        for leaf in query.where.leaves()
    )
    return query.where if is_simple else None


def is_plain(manager: Any) -> bool:
    """Whether a manager has no `get_queryset` of its own."""
    return _is_plain(type(manager))  # type: ignore[arg-type]  # a type is hashable


def finds_plainly(manager: Any) -> bool:
    """Whether a manager finds a row as Django's own do: neither it nor its querysets
    have methods of the project's."""
    return (
        is_plain(manager)
        and type(manager).get is Manager.get
        and manager._queryset_class is QuerySet
    )


@cache
def _is_plain(manager: type[Any]) -> bool:
    return getattr(manager, "get_queryset", None) is BaseManager.get_queryset
