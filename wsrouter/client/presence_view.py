"""Who is in a group, kept up to date."""

import asyncio
from collections.abc import Callable, Hashable, Iterable
from types import GenericAlias
from typing import Any, Generic, TypeVar

from pydantic_core import to_json

from wsrouter.client import typed
from wsrouter.client.presence_state import Key, PresenceState
from wsrouter.client.sockets import NEVER

T = TypeVar("T")


class PresenceView(Generic[T]):
    """Made by `client.presence`. It may be read from any thread.

    What the client tells it is a coroutine function, so that it runs on the event loop
    whatever thread other listeners run in.
    """

    def __init__(
        self,
        group: str,
        state: PresenceState,
        member: type[T] | None,
        show: Callable[["PresenceView[T]"], object],
    ) -> None:
        self.group = group
        self._state, self._member, self._show = state, member, show
        self._loop = asyncio.get_running_loop()
        self._timer: asyncio.TimerHandle | None = None
        self._ends: list[Callable[[], None]] = []
        self._shown: tuple[list[T] | None, int] = (None, 0)

    @property
    def members(self) -> list[T] | None:
        """The members in the order in which they came; None until the first list has
        come, and in a group that is too large for one."""
        return self._shown[0]

    @property
    def count(self) -> int:
        """How many are here: users, and anonymous connections, which are no members."""
        return self._shown[1]

    def end(self) -> None:
        """Follow the group no more. The connection stays in it."""
        if not self._loop.is_closed():
            self._loop.call_soon_threadsafe(self._end)

    def ends_with(self, undo: Iterable[Callable[[], None]]) -> None:
        """Call these functions at the end, too."""
        self._ends += undo

    async def listed(self, reply: Any) -> None:
        """The group was joined, again or for the first time."""
        found = (reply.get("presence") or {}).get(self.group)
        if found is not None:
            self._state.listed(found, self._loop.time())
            self._changed()

    async def changed(self, event: Any) -> None:
        """An event of the presence, of any group."""
        now, is_ours = self._loop.time(), event.get("group") == self.group
        if is_ours and self._state.changed(event, now):
            self._changed()

    def _changed(self) -> None:
        """Tell of it if it shows, and look again when the next leave is due."""
        members = self._state.members
        if members is not None and self._member is not None:
            members = typed.validated(GenericAlias(list, (self._member,)), members)
        shown = (members, self._state.count)
        is_news, self._shown = shown != self._shown, shown
        if is_news:
            self._show(self)
        self._stop_timer()
        if (at := self._state.deadline()) != NEVER:
            self._timer = self._loop.call_at(at, self._tick)

    def _tick(self) -> None:
        self._state.tick(self._loop.time())
        self._changed()

    def _end(self) -> None:
        self._stop_timer()
        for undo in self._ends:
            undo()

    def _stop_timer(self) -> None:
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None


def key_of(field: str) -> Key:
    """Members are told apart by this field, or by all of them where there is none."""

    def key(member: Any) -> Hashable:
        if isinstance(member, dict) and field in member:
            return to_json(member[field])
        return to_json(member)

    return key
