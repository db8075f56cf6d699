"""How far the reaper's sweeps have got.

Rows that nobody needs any more, or that were lost, leave no trace that an index could
find. So each sweep looks at the next part of a table, however large the table is, and
begins anew after the last one. Machines that sweep at once may look at the same part.
"""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import TypeVar

from django.db.models import Model, QuerySet

from wsrouter.models import ReaperRun
from wsrouter.registry.database import alias
from wsrouter.registry.retrying import retried

PART_ROWS = 20_000
"""Rows of a table that one sweep looks at."""
ModelT = TypeVar("ModelT", bound=Model)


@contextmanager
def next_part(model: type[ModelT], name: str) -> "Iterator[QuerySet[ModelT]]":
    """The rows that are next for what `name` says, in the order of their primary keys.
    They count as looked at when the block has ended without an exception."""
    rows = model._default_manager.using(alias()).order_by("pk")
    rows = rows.filter(pk__gt=read(name))
    last = rows.values_list("pk", flat=True)[PART_ROWS - 1 :].first()
    yield rows if last is None else rows.filter(pk__lte=last)
    write(name, last or 0)


def read(name: str) -> int:
    """0 where nothing has been written."""
    return _all().get(name, 0)


def write(name: str, position: int) -> None:
    """Of two machines that write at once, one may be overwritten: what it has looked
    at is looked at again."""
    positions = dict(_all())
    if positions.get(name, 0) != position:
        positions[name] = position
        retried(lambda: _run().update(positions=positions))


def _all() -> Mapping[str, int]:
    return _run().values_list("positions", flat=True).first() or {}


def _run() -> "QuerySet[ReaperRun]":
    return ReaperRun.objects.using(alias()).filter(pk=1)
