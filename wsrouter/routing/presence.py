"""Who is in the groups of a pattern, by user: declared with `router.presence`."""

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from typing import Any, Generic, TypeVar

from asgiref.sync import sync_to_async
from pydantic import BaseModel, ValidationError

from wsrouter.errors import InvalidValue
from wsrouter.routing import json_values, ports
from wsrouter.routing.adapter import adapter
from wsrouter.routing.event import Event
from wsrouter.routing.flow import call_handler, is_async, run_sync
from wsrouter.routing.group import checked_group
from wsrouter.routing.group_pattern import GroupPattern
from wsrouter.routing.keep import Keep
from wsrouter.routing.presence_declaration import member_parameter, parsed_groups
from wsrouter.routing.signature import describe

T = TypeVar("T")
M = TypeVar("M")
MembersOf = Callable[[list[Any]], Sequence[T] | Awaitable[Sequence[T]]]
"""From users to what others see of them: one member for each user, in their order."""
_List = list


class PresenceChange(BaseModel, Generic[M]):
    """Who has joined a group, and who has left it; null in a large group, which is told
    the number alone. `version` grows with each event of the group."""

    group: str
    joined: list[M] | None
    left: list[M] | None
    count: int
    version: int


class PresenceList(BaseModel, Generic[M]):
    """Who is in a group; null in a large one. It is what the events of the group up to
    `version` have said."""

    members: list[M] | None
    count: int
    version: int


@dataclass(frozen=True, slots=True)
class Present(Generic[T]):
    """A user who is in a group, and with how many connections."""

    member: T
    connections: int


class Presence(Generic[T]):
    """Declared with `router.presence(name, Member, of=..., groups=...)`: its groups are
    told who comes and goes, and `list` says who is there."""

    def __init__(
        self,
        name: str,
        model: type[T],
        *,
        of: MembersOf[T],
        groups: str,
        tags: tuple[str, ...] = (),
        summary: str = "",
        declared_at: str = "",
        keep: Keep | None = None,
    ) -> None:
        where = f"Presence {name!r} ({declared_at})"
        self.name = where
        self.model = model
        self.pattern: GroupPattern = parsed_groups(groups, where)
        self._of = of
        self._of_name = describe(of)
        self._adapter = adapter(model, name=where, role="member")
        self._parameter = member_parameter(of, model, where)
        self.event: Event[Any] = Event(
            name,
            PresenceChange[model],  # type: ignore[valid-type]  # generic at run time
            tags=tags,
            summary=summary,
            declared_at=declared_at,
            keep=keep,
        )

    def __repr__(self) -> str:
        return f"<Presence {self.event.name} of {self.pattern.text}>"

    def covers(self, group: str) -> bool:
        """Whether a group's name matches the pattern."""
        try:
            return self.pattern.values(group) is not None
        except InvalidValue:  # in more than one way
            return True

    def list(self, group: str, *, gateway: str | None = None) -> _List[Present[T]]:
        """The users who have an open connection in a group, in the order of their
        primary keys, of every gateway unless `gateway` names one. Anonymous connections
        have no entry. Raises InvalidValue for a group that is not of the pattern."""
        found = ports.presences().users(self._checked(group), gateway or "")
        members = self.members([user for user, _ in found])
        return [
            Present(member, connections)
            for member, (_, connections) in zip(members, found, strict=True)
        ]

    async def alist(
        self, group: str, *, gateway: str | None = None
    ) -> _List[Present[T]]:
        """The async twin of `list`."""
        return await sync_to_async(self.list)(group, gateway=gateway)

    def count(self, group: str, *, gateway: str | None = None) -> int:
        """The number of users and of anonymous connections in a group. Raises as `list`
        does."""
        return ports.presences().count(self._checked(group), gateway or "")

    async def acount(self, group: str, *, gateway: str | None = None) -> int:
        """The async twin of `count`."""
        return await sync_to_async(self.count)(group, gateway=gateway)

    def snapshot(self, group: str, *, gateway: str = "default") -> PresenceList[T]:
        """Who is in a group of one gateway, with the version that the events go on
        from: for a handler or a page of yours that brings the list, as the reply of
        `wsrouter.join` does. Raises as `list` does."""
        found = ports.presences().snapshot(self._checked(group), gateway)
        users, number, version = found
        members = None
        if users is not None:
            members = [
                self._adapter.validate_json(self.to_json(member))
                for member in self.members(users)
            ]
        listed: Any = PresenceList[self.model]  # type: ignore[name-defined]  # generic at run time
        found_list: PresenceList[T] = listed(
            members=members, count=number, version=version
        )
        return found_list

    async def asnapshot(
        self, group: str, *, gateway: str = "default"
    ) -> PresenceList[T]:
        """The async twin of `snapshot`."""
        return await sync_to_async(self.snapshot)(group, gateway=gateway)

    def members(self, users: Sequence[Any]) -> Sequence[T]:
        """What others see of these users: for wsrouter itself. Raises TypeError unless
        there is one for each."""
        if not users:
            return []
        arguments = {self._parameter: [*users]}
        flow = call_handler(self._of, arguments, is_async(self._of))
        found = run_sync(flow)
        is_list = isinstance(found, Sequence)
        if not is_list or len(found) != len(users):
            given = f"{len(found)} members" if is_list else repr(found)
            raise TypeError(
                f"{self._of_name} has to return a list with a member for each user, in"
                f" their order: {len(users)}, not {given}."
            )
        members: Sequence[T] = found
        return members

    def to_json(self, member: T) -> bytes:
        """A member as clients see it: for wsrouter itself."""
        return json_values.written(self._adapter, member)

    def from_json(self, text: bytes) -> T | None:
        """The same backwards; None where the model has changed."""
        try:
            member: T = self._adapter.validate_json(text)
        except ValidationError:
            return None
        return member

    def _checked(self, group: str) -> str:
        if not self.covers(checked_group(group)):
            raise InvalidValue(
                f"{group!r} is no group of the presence {self.event.name!r}, whose"
                f" groups are {self.pattern.text!r}."
            )
        return group
