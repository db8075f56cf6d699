"""A connection without a database: while it is being made, and in unit tests."""

from collections.abc import Iterable, Mapping
from typing import Any

from wsrouter.routing.group import checked_group


class PlainAnonymousUser:
    """The user of a connection made without Django: nobody in particular."""

    pk = None
    is_authenticated = False
    is_anonymous = True
    is_active = False

    def has_perm(self, perm: str, obj: Any = None) -> bool:
        return False


class UnsavedRegistry:
    """Registry of one connection that is in no database: new, or in a test."""

    def __init__(self, groups: Iterable[str], state: dict[str, Any]) -> None:
        self._groups = {checked_group(group) for group in groups}
        self._state = state

    def join(self, connection_id: str, group: str) -> None:
        self._groups.add(group)

    def leave(self, connection_id: str, group: str) -> None:
        self._groups.discard(group)

    def groups(self, connection_id: str) -> frozenset[str]:
        return frozenset(self._groups)

    def update_state(
        self, connection_id: str, changes: Mapping[str, Any]
    ) -> Mapping[str, Any]:
        self._state.update(changes)
        return self._state
