"""Users as the user model's default manager lists them: a project may hide users there
whom it has deleted or banned, and Django's own backend does not find those."""

from collections.abc import Sequence
from typing import Any

from django.contrib.auth import get_user_model
from django.db.models import QuerySet

from wsrouter.registry.database import alias


def rows() -> "QuerySet[Any]":
    """The users that the default manager lists."""
    return get_user_model()._default_manager.using(alias())


def are_all_listed() -> bool:
    """Whether the default manager lists every row; asked anew each time, as a manager
    may filter by what holds at this moment."""
    query = rows().query
    return not (query.where or query.is_sliced or query.combinator or query.is_empty())


def listed(keys: Sequence[Any]) -> set[Any]:
    """Those of the primary keys that are listed; without a query where all are."""
    if not keys or are_all_listed():
        return set(keys)
    return set(rows().filter(pk__in=keys).values_list("pk", flat=True))
