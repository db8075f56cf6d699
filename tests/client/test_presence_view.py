"""Who is in a group, as programs see it, over the sockets of a real local gateway."""

import asyncio
import json
from queue import Queue
from typing import Any

from pydantic import BaseModel

from tests.client.answering import Answering
from tests.client.test_gateway import FAST, until
from tests.local.recording_backend import Request, Response, wait_until
from tests.local.running_gateway import RunningGateway
from wsrouter.client import MessageError, PresenceView, connect, sync

EVENT = "rooms.presence"


class Member(BaseModel):
    id: int
    name: str


ADA, BOB = {"id": 1, "name": "Ada"}, {"id": 2, "name": "Bob"}


class Room:
    """Answers `wsrouter.join` with who is there; `here` is None in a large room."""

    def __init__(self, server: Answering) -> None:
        self.here: list[Any] | None = [ADA]
        self.version = 1
        self.joins: list[Any] = []
        self._others = server.respond
        server.backend.respond = self.respond

    def respond(self, request: Request) -> Response:
        if request.event != "MESSAGE":
            return self._others(request)
        message = json.loads(request.body)
        if message["action"] != "wsrouter.join":
            return self._others(request)
        self.joins.append(message["payload"])
        frame = {"type": "reply", "action": "wsrouter.join", "id": message["id"]}
        if "room:shut" in message["payload"]["groups"]:
            error = {"code": "permission_denied", "message": "No."}
            return self._response(frame | {"type": "error", "error": error})
        listed = {"members": self.here, "count": self.count, "version": self.version}
        presence = dict.fromkeys(message["payload"]["groups"], listed)
        payload = message["payload"] | {"presence": presence}
        return self._response(frame | {"payload": payload})

    @property
    def count(self) -> int:
        return 1000 if self.here is None else len(self.here)

    def changed(self, joined: Any = (), left: Any = (), group: str = "room:tea") -> Any:
        """The frame of the next event."""
        self.version += 1
        if self.here is not None and group == "room:tea":
            self.here = [one for one in self.here if one not in left] + list(joined)
        payload = {"group": group, "joined": list(joined), "left": list(left)}
        payload |= {"count": self.count, "version": self.version}
        return {"type": EVENT, "id": f"{self.version:016x}", "payload": payload}

    def _response(self, frame: Any) -> Response:
        return Response(body=json.dumps(frame).encode())


def names(view: PresenceView[Any]) -> list[str] | None:
    members = view.members
    return None if members is None else [member.name for member in members]


def test_who_is_there(gateway: RunningGateway, server: Answering) -> None:
    room, shown = Room(server), list[Any]()

    async def scenario() -> None:
        async with connect(gateway.url, options=FAST) as client:
            room_tea = client.presence(
                "room:tea",
                EVENT,
                member=Member,
                leave_delay=1.0,
                on_change=lambda view: shown.append(names(view)),
            )
            assert (room_tea.members, room_tea.count) == (None, 0)
            await until(lambda: shown == [["Ada"]])
            (me,) = server.open
            api = gateway.boto3()

            async def post(connection_id: str, frame: Any) -> None:
                how = {"ConnectionId": connection_id, "Data": json.dumps(frame)}
                await asyncio.to_thread(api.post_to_connection, **how)

            await post(me, room.changed([BOB], group="room:coffee"))
            await post(me, room.changed([BOB]))
            await until(lambda: shown[1:] == [["Ada", "Bob"]])
            await post(me, room.changed([], [BOB]))
            await post(me, room.changed([BOB]))
            await post(me, room.changed([], [ADA]))
            await until(lambda: shown[2:] == [["Bob"]])
            assert room_tea.members == [Member(id=2, name="Bob")]
            assert room_tea.count == 1
            room.here, room.version = [BOB, ADA], 9
            await asyncio.to_thread(api.delete_connection, ConnectionId=me)
            await until(lambda: shown[3:] == [["Bob", "Ada"]])
            room_tea.end()
            await asyncio.sleep(0)
            await post(server.open[0], room.changed([], [ADA]))
            assert await client.call("echo", 1) == 1
        assert names(room_tea) == ["Bob", "Ada"]

    asyncio.run(scenario())
    assert room.joins == [{"groups": ["room:tea"]}] * 2


def test_who_is_there_without_an_event_loop(
    gateway: RunningGateway, server: Answering
) -> None:
    room, shown = Room(server), Queue[Any]()
    errors: Queue[Any] = Queue()
    with sync.connect(gateway.url, options=FAST) as client:

        def show(view: PresenceView[Any]) -> None:
            assert client.call("echo", view.count) == view.count
            shown.put((view.members, view.count))

        view = client.presence("room:tea", EVENT, on_change=show, leave_delay=0.1)
        assert shown.get(timeout=30) == ([ADA], 1)
        wait_until(lambda: bool(server.open))
        api, frame = gateway.boto3(), json.dumps(room.changed([], [ADA])).encode()
        api.post_to_connection(ConnectionId=server.open[0], Data=frame)
        assert shown.get(timeout=30) == ([], 0)
        room.here, room.version = None, 9
        client.presence("room:large", EVENT, on_change=show)
        assert shown.get(timeout=30) == (None, 1000)
        client.presence("room:shut", EVENT, on_error=errors.put)
        refused = errors.get(timeout=30)
        assert isinstance(refused, MessageError)
        assert refused.code == "permission_denied"
        view.end()
    view.end()
    assert (view.members, view.count) == ([], 0)
