"""The groups and the state of a connection that is in no database: one that is being
opened, or one that a unit test made."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from wsrouter.routing.group import checked_group
from wsrouter.routing.ports import GroupRules


class PlainAnonymousUser:
    """The anonymous user of a connection that was made without Django."""

    pk = None
    is_authenticated = False
    is_anonymous = True
    is_active = False

    def has_perm(self, perm: str, obj: Any = None) -> bool:
        return False


class UnsavedRegistry:
    """Keeps the groups and the state of one connection in memory."""

    def __init__(
        self,
        groups: Iterable[str],
        state: dict[str, Any],
        rules: GroupRules | None = None,
    ) -> None:
        self._groups = {checked_group(group) for group in groups}
        self._state = state
        self._rules = rules

    def group_rules(self, gateway: str) -> GroupRules | None:
        return self._rules

    def join(self, connection_id: str, groups: Sequence[str]) -> None:
        self._groups.update(groups)

    def leave(self, connection_id: str, groups: Sequence[str]) -> None:
        self._groups.difference_update(groups)

    def groups(self, connection_id: str) -> frozenset[str]:
        return frozenset(self._groups)

    def update_state(
        self, connection_id: str, changes: Mapping[str, Any]
    ) -> Mapping[str, Any]:
        self._state.update(changes)
        return self._state
