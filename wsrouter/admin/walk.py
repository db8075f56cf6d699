"""Along which index a page of a list is read, and where on it the page begins.

A page is found by the key of the row before it, never by its number: the database goes
straight there. Conditions that no index serves are tried on a limited number of rows.
"""

import json
from dataclasses import dataclass, field
from typing import Any

from django.db.models import Model, Q
from django.utils.dateparse import parse_datetime

Key = tuple[Any, ...]
WINDOW = 50_000
"""Rows that are looked at for one page, when some are left out by a condition that no
index serves."""


@dataclass(frozen=True, kw_only=True)
class Walk:
    """`order` are one or two columns of an index, both ascending or both descending;
    `within` is the part of the index that is read, and `only` leaves rows of it out.
    `is_filtered` says that rows are left out, also by the filters of the page.
    `count` is the column that counts the part, None to count all rows of the table.
    `choices` are addresses and names, for a search that finds more than one thing."""

    order: tuple[str, ...] = ("-pk",)
    within: Q = field(default_factory=Q)
    only: Q = field(default_factory=Q)
    is_filtered: bool = False
    count: str | None = None
    choices: tuple[tuple[str, str], ...] = ()

    @property
    def names(self) -> list[str]:
        return [name.removeprefix("-") for name in self.order]

    def key(self, row: Model) -> Key:
        """Where a row is on the index."""
        return tuple(getattr(row, name.rpartition("__")[2]) for name in self.names)

    def after(self, key: Key | None) -> Q:
        """Rows that come after the key."""
        return (
            Q() if key is None else self._beyond(key, "lt" if self._is_down else "gt")
        )

    def up_to(self, key: Key | None) -> Q:
        """Rows that do not come after the key."""
        if key is None:
            return Q()
        last = dict(zip(self.names, key, strict=True))
        return self._beyond(key, "gt" if self._is_down else "lt") | Q(**last)

    @property
    def _is_down(self) -> bool:
        return self.order[0].startswith("-")

    def _beyond(self, key: Key, how: str) -> Q:
        """The first column bounds the index by itself: a database sees that."""
        names = self.names
        found = Q(**{f"{names[-1]}__{how}": key[-1]})
        if "__" in names[-1]:  # both sides of a join: each begins there on its index
            found &= Q(**{f"{names[-1].rpartition('__')[2]}__{how}": key[-1]})
        for name, value in zip(names[-2::-1], key[-2::-1], strict=True):
            more = Q(**{f"{name}__{how}": value}) | found
            found = Q(**{f"{name}__{how}e": value}) & more
        return found


def as_text(key: Key) -> str:
    """A key for the address of a page."""
    return json.dumps(key, default=str, separators=(",", ":"))


def from_text(text: str, walk: Walk) -> Key:
    """The key of an address. Raises ValueError for one of another list."""
    values = json.loads(text)
    if not isinstance(values, list) or len(values) != len(walk.order):
        raise ValueError("This is no key of this list.")
    return tuple(map(_value, walk.names, values))


def _value(name: str, value: Any) -> Any:
    if name.endswith("_at"):
        value = parse_datetime(value) if isinstance(value, str) else None
    elif name.endswith("connection_id"):
        value = value if isinstance(value, str) and value.isprintable() else None
    elif isinstance(value, bool) or not isinstance(value, int) or abs(value) >= 2**63:
        value = None
    if value is None:
        raise ValueError("This is no key of this list.")
    return value
