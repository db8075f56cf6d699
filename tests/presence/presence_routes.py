"""A router whose rooms have presence, and connections in them."""

from typing import Any

from django.contrib.auth.models import User
from pydantic import BaseModel
from pydantic_core import from_json

from tests.django.events import Gateway
from tests.django.group_routes import Peer, Socket
from wsrouter import Connection, PresenceList, Router
from wsrouter.delivery.memory import MemoryTransport
from wsrouter.models import PresenceChange as PresenceChange
from wsrouter.models import PresenceGroup as PresenceGroup
from wsrouter.models import PresentUser

PRESENCE = "rooms.presence"
router = Router()
alone = Router()
"""A router without presence."""


class Member(BaseModel):
    id: int
    name: str


def members(users: list[User]) -> list[Member]:
    return [Member(id=user.pk, name=user.username) for user in users]


presence = router.presence(PRESENCE, Member, of=members, groups="room:{name}")


@router.group("room:{name}", client_may_join=True)
def may_enter(name: str) -> bool:
    return name != "shut"


@router.connect
def opened(connection: Connection) -> None:
    connection.join("room:hall")


@router.route("enter")
@alone.route("enter")
def enter(payload: list[str], connection: Connection) -> None:
    for group in payload:
        connection.join(group)


@router.route("arrive")
def arrive(payload: str, connection: Connection) -> PresenceList[Member]:
    connection.join(payload)
    return presence.snapshot(payload)


@router.route("leave")
@alone.route("leave")
def leave(payload: str, connection: Connection) -> None:
    connection.leave(payload)


@router.route("fail")
def fail(payload: str, connection: Connection) -> None:
    connection.join(payload)
    raise PermissionError


class Guest(Peer):
    """A connection with both its ends; what it was told of who is there. Its socket is
    open before the answer to `$connect`: no test waits for retries of posts."""

    def __init__(self, transport: MemoryTransport, user: Any = None) -> None:
        Gateway.__init__(self)
        self.socket, self._transport = Socket(), transport
        transport.opened(self.id, self.socket)
        assert self.connect(user).status_code == 200

    @property
    def told(self) -> list[Any]:
        """Names that have joined and left, and the number, event by event."""
        return [
            (_names(told["joined"]), _names(told["left"]), told["count"])
            for told in self.events
        ]

    @property
    def events(self) -> list[Any]:
        frames = map(from_json, self.socket.frames)
        return [each["payload"] for each in frames if each["type"] == PRESENCE]

    def enter(self, *groups: str) -> None:
        assert self.send("enter", list(groups), id="1")["type"] == "reply"

    def leave(self, group: str) -> None:
        assert self.send("leave", group, id="1")["type"] == "reply"


def _names(found: Any) -> Any:
    return found if found is None else [member["name"] for member in found]


def assert_nothing_waits() -> None:
    assert not PresenceChange.objects.exists()


def told_of() -> list[str]:
    """The names of those whom groups know of."""
    rows = PresentUser.objects.order_by("pk").values_list("user__username", flat=True)
    return list(rows)
