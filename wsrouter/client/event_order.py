"""Events as listeners hear of them: each once, and those that are kept in order."""

from collections import OrderedDict
from collections.abc import Callable, Collection, Mapping
from typing import Any

from wsrouter.client.calls import Subscription
from wsrouter.client.effects import Deliver, Effect, Gap, Miss
from wsrouter.client.frames import NO_PAYLOAD, EventFrame
from wsrouter.client.options import Options
from wsrouter.following.follower import Follower
from wsrouter.following.question import Owner


class EventOrder:
    """Part of a protocol. Kept events go through the `follower`, others are delivered
    as they come."""

    def __init__(
        self,
        options: Options,
        *,
        clock: Callable[[], float],
        emit: Callable[[Effect], None],
    ) -> None:
        self._seen = SeenEvents(options.remembered)
        self._emit = emit
        self.follower = Follower(
            hold=options.hold,
            clock=clock,
            deliver=self._deliver,
            tell_gap=self._tell_gap,
        )

    def received(self, event: EventFrame) -> None:
        if event.has_place:
            self.follower.arrived(event.frame)
        else:
            self._deliver(event.frame)

    def _deliver(self, frame: Mapping[str, Any]) -> None:
        event = EventFrame.of(frame)
        if event.is_for_listeners and self._seen.is_new(event.id):
            self._emit(Deliver(event))

    def _tell_gap(self, stream_id: str | None, owners: Collection[Owner]) -> None:
        subscriptions = [one for one in owners if isinstance(one, Subscription)]
        for one in subscriptions:
            payload = None if one.payload is NO_PAYLOAD else one.payload
            self._emit(Miss(Gap(stream_id, one.action, payload), one.on_gap))
        if not subscriptions:
            self._emit(Miss(Gap(stream_id)))


class SeenEvents:
    """The ids of the latest events. One may come twice: over both sockets of a
    hand-over, posted again, or by two streams."""

    def __init__(self, size: int) -> None:
        self._size = size
        self._ids: OrderedDict[str, None] = OrderedDict()

    def is_new(self, event_id: str) -> bool:
        """Remembers the id; an empty one is always new."""
        if not event_id:
            return True
        if event_id in self._ids:
            return False
        self._ids[event_id] = None
        if len(self._ids) > self._size:
            self._ids.popitem(last=False)
        return True
