"""Who is in a group, as a view shows it."""

from collections.abc import Callable, Hashable
from dataclasses import dataclass, field
from typing import Any

from wsrouter.client.sockets import NEVER

Key = Callable[[Any], Hashable]
"""What tells one member from another."""


@dataclass(eq=False, kw_only=True, slots=True)
class PresenceState:
    """Events come in any order, so that each member has a version of its own, as high
    as the event that told of it last. A leave is shown `leave_delay` seconds later,
    unless the member comes back. `members` is None before the first list, and in a
    group that is so large that the server tells its number alone."""

    key: Key
    leave_delay: float
    _version: int = 0
    _count_version: int = 0
    _count: int = 0
    _is_listed: bool = False
    _hidden_at: int = 0
    _here: dict[Hashable, Any] = field(default_factory=dict)
    _versions: dict[Hashable, int] = field(default_factory=dict)
    _leaving: dict[Hashable, float] = field(default_factory=dict)

    @property
    def members(self) -> list[Any] | None:
        return list(self._here.values()) if self._is_named else None

    @property
    def _is_named(self) -> bool:
        return self._is_listed and self._hidden_at <= self._version

    @property
    def count(self) -> int:
        """With the members whose leave is not shown yet."""
        return self._count + (len(self._leaving) if self._is_named else 0)

    def listed(self, found: Any, now: float) -> None:
        """A reply has the list, which holds all events up to its version. One with a
        lower version than that before it is of a server that counts anew."""
        if found["version"] < self._version:
            self._count_version = self._hidden_at = 0
            self._versions.clear()
        self._version, self._is_listed = found["version"], True
        self._note_count(found)
        self._forget_old_versions()
        if found["members"] is None:
            self._hide(found["version"] + 1)
        if not self._is_named:
            return
        members = {self.key(member): member for member in found["members"]}
        for key in members.keys() | self._here.keys():
            if key in self._versions:
                continue  # an event has told of what came after the list
            if key in members:
                self._join(key, members[key])
            else:
                self._leave(key, now)

    def changed(self, event: Any, now: float) -> bool:
        """The group was told of a change; False for one that is in the list already."""
        version = event["version"]
        if version <= self._version:
            return False
        self._note_count(event)
        if event["joined"] is None or event["left"] is None:
            self._hide(version)
            return True
        for member in event["joined"]:
            if self._is_newer(self.key(member), version):
                self._join(self.key(member), member)
        for member in event["left"]:
            if self._is_newer(self.key(member), version):
                self._leave(self.key(member), now)
        return True

    def tick(self, now: float) -> bool:
        """Show the leaves that are due; whether there are any."""
        due = [key for key, at in self._leaving.items() if now >= at]
        for key in due:
            del self._leaving[key], self._here[key]
        return bool(due)

    def deadline(self) -> float:
        return min(self._leaving.values(), default=NEVER)

    def _is_newer(self, key: Hashable, version: int) -> bool:
        if version <= self._versions.get(key, 0):
            return False
        self._versions[key] = version
        return True

    def _join(self, key: Hashable, member: Any) -> None:
        self._here[key] = member
        self._leaving.pop(key, None)

    def _leave(self, key: Hashable, now: float) -> None:
        if key in self._here:
            self._leaving.setdefault(key, now + self.leave_delay)

    def _note_count(self, found: Any) -> None:
        if found["version"] >= self._count_version:
            self._count_version, self._count = found["version"], found["count"]

    def _forget_old_versions(self) -> None:
        later = {k: at for k, at in self._versions.items() if at > self._version}
        self._versions = later

    def _hide(self, version: int) -> None:
        """The names are not known until a list of that version comes."""
        self._hidden_at = max(self._hidden_at, version)
        self._here.clear()
        self._leaving.clear()
