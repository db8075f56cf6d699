"""A router that keeps events, and connections that watch its groups."""

from collections.abc import Callable
from typing import Any

from pydantic_core import from_json

from tests.django.group_routes import Peer
from wsrouter import Connection, Keep, Router

router = Router()
news = router.event("news", str, keep=Keep(last=100, seconds=3600))
short = router.event("short", str, keep=Keep(last=3, seconds=60))
passing = router.event("passing", str)
meanwhile: list[Callable[[], object]] = []
"""What happens while a handler runs, before it joins and after."""


@router.group("hall:{name}", client_may_join=True)
def may_enter(name: str) -> bool:
    return name != "shut"


@router.route("watch")
def watch(payload: list[str], connection: Connection) -> int:
    _happen()
    for group in payload:
        connection.join(group)
    _happen()
    return len(payload)


@router.route("leave")
def leave(payload: str, connection: Connection) -> None:
    connection.join(payload)
    connection.leave(payload)


@router.route("fail")
def fail(payload: str, connection: Connection) -> None:
    connection.join(payload)
    raise PermissionError


@router.route("large")
def large(payload: int, connection: Connection) -> str:
    connection.join("room")
    return "x" * payload


@router.route("tell")
def tell(payload: str) -> str:
    return news.send(payload, group="room").status


@router.route("quiet")
def quiet(payload: str) -> str:
    return payload


def _happen() -> None:
    if meanwhile:
        meanwhile.pop(0)()


class Watcher(Peer):
    """A connection with both its ends, which reads what arrives as JSON."""

    @property
    def frames(self) -> list[Any]:
        return list(map(from_json, self.socket.frames))

    def watch(self, *groups: str, **members: Any) -> Any:
        """The frame that answers a message which joins these groups."""
        return self.send("watch", list(groups), id="1", **members)

    def ping(self, since: Any) -> Any:
        return self.send("wsrouter.ping", id="2", since=since)


def entry(frame: Any) -> Any:
    """What a reply tells of its one stream."""
    (found,) = frame["streams"]
    return found


def position(found: Any) -> dict[str, Any]:
    """`since` of one stream, after an entry of a reply or an event's `stream`."""
    return {found["id"]: {"epoch": found["epoch"], "seq": found["seq"]}}


def payloads(frames: Any) -> list[Any]:
    """The events' payloads in their order; a marker is None."""
    return [frame.get("payload") for frame in frames]
