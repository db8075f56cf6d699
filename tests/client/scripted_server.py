"""A server with streams of kept events, for the sockets of a `Scripted` client: a test
says when it goes on with a message, and what becomes of its posts."""

from collections import defaultdict
from dataclasses import dataclass, field
from typing import Any

from tests.client.scripted import Scripted, event
from wsrouter.client.sockets import Socket


@dataclass
class KeptStream:
    id: str
    epoch: str
    seq: int = 0
    rows: list[dict[str, Any]] = field(default_factory=list)

    @property
    def position(self) -> dict[str, Any]:
        return {"epoch": self.epoch, "seq": self.seq}


@dataclass(eq=False)
class Handled:
    """A message on its way through its handler."""

    socket: Socket
    message: dict[str, Any]
    begun: dict[str, int] | None = None
    has_joined: bool = False

    @property
    def groups(self) -> list[str]:
        return list((self.message.get("payload") or {}).get("groups", ()))


class ScriptedServer:
    """`watch` joins the groups of its payload, `unwatch` leaves them; others are only
    answered. A message may begin, join and be answered at three moments.
    """

    def __init__(self, *, last: int = 100, reply_bytes: int = 100_000) -> None:
        self.last, self.reply_bytes = last, reply_bytes
        self.streams: dict[str, KeptStream] = {}
        self.members: dict[Socket, set[str]] = defaultdict(set)
        self.posts: list[tuple[Socket, dict[str, Any]]] = []
        self.under_way: list[Handled] = []
        self.log: list[tuple[str, int, int, bool]] = []
        self.ping_answer: dict[str, Any] | None = None
        self.watch_error: dict[str, Any] | None = None
        self.is_unread = False
        self.asked: list[dict[str, Any]] = []
        self._read = self._epochs = self._events = 0

    def of(self, group: str) -> KeptStream:
        if group not in self.streams:
            stream = KeptStream(group.ljust(22, "-"), self._new_epoch())
            self.streams[group] = stream
        return self.streams[group]

    def positions(self, *groups: str) -> dict[str, Any]:
        return {self.of(group).id: self.of(group).position for group in groups}

    def publish(self, *groups: str, is_excluded: bool = False) -> int:
        """One event to some groups; the number that is its payload."""
        self._events += 1
        for group in groups:
            stream = self.of(group)
            stream.seq += 1
            place = {"id": stream.id, "epoch": stream.epoch, "seq": stream.seq}
            frame = event(self._events) | {"stream": place}
            if is_excluded:
                frame = {"type": "wsrouter.skipped", "stream": place}
            self.log.append((group, stream.seq, self._events, is_excluded))
            stream.rows = [*stream.rows, frame][-self.last :]
            sockets = [one for one, joined in self.members.items() if group in joined]
            self.posts += [(socket, frame) for socket in sockets]
        return self._events

    def forget_rows(self, group: str, count: int = 10_000) -> None:
        del self.of(group).rows[:count]

    def renew_epoch(self, group: str) -> None:
        self.of(group).epoch = self._new_epoch()
        self.forget_rows(group)

    def read(self, client: Scripted) -> None:
        """Take up what the client has sent, and see which sockets have ended."""
        for socket in client.closed:
            self.members.pop(socket, None)
        for socket, message in client.sent[self._read :]:
            self.under_way.append(Handled(socket, message))
            if message["action"] in ("watch", "wsrouter.ping"):
                self.asked.append(message)
        self._read = len(client.sent)

    def begin(self, handled: Handled) -> None:
        if handled.begun is None:
            handled.begun = {group: self.of(group).seq for group in handled.groups}

    def join(self, handled: Handled) -> None:
        self.begin(handled)
        action = handled.message["action"]
        if action == "watch" and self.watch_error is None:
            self.members[handled.socket].update(handled.groups)
        elif action == "unwatch":
            self.members[handled.socket].difference_update(handled.groups)
        handled.has_joined = True

    def answer(self, handled: Handled) -> dict[str, Any]:
        """The frame that answers it."""
        if not handled.has_joined:
            self.join(handled)
        self.under_way.remove(handled)
        message, begun = handled.message, handled.begun or {}
        payload = message.get("payload") or {}
        frame = {"type": "reply", "id": message.get("id"), "payload": payload}
        since = message.get("since", message.get("$since"))
        if message["action"] == "watch":
            if self.watch_error is not None:
                return frame | {"type": "error", "error": self.watch_error}
            frame["payload"] = {**payload, "begun": begun}
            entries = self._entries(list(begun), since or {}, begun)
            frame["streams"] = [{"recovered": False}] if self.is_unread else entries
        elif message["action"] == "wsrouter.ping":
            if self.ping_answer is not None:
                return {"id": message["id"], **self.ping_answer}
            if since is not None:
                groups = sorted(self.members[handled.socket])
                tops = {group: self.of(group).seq for group in groups}
                frame["streams"] = self._entries(groups, since, tops)
        return frame

    def _new_epoch(self) -> str:
        self._epochs += 1
        return f"{self._epochs:08x}"

    def _entries(
        self, groups: list[str], since: dict[str, Any], begun: dict[str, int]
    ) -> list[dict[str, Any]]:
        room, entries = self.reply_bytes, []
        for group in groups:
            entry = self._entry(group, since, begun[group], room)
            room -= len(str(entry["events"]))
            entries.append(entry)
        return entries

    def _entry(
        self, group: str, since: dict[str, Any], begun: int, room: int
    ) -> dict[str, Any]:
        stream = self.of(group)
        known = since.get(stream.id, {"epoch": stream.epoch, "seq": begun})
        after = [row for row in stream.rows if row["stream"]["seq"] > known["seq"]]
        is_whole = len(after) == stream.seq - known["seq"]
        found = {"id": stream.id, **stream.position, "recovered": True, "events": after}
        size = len(str(after))
        if known["epoch"] != stream.epoch or not is_whole or size > self.reply_bytes:
            return found | {"recovered": False, "events": []}
        if after and size > room:
            return found | {"seq": known["seq"], "again": True, "events": []}
        return found
