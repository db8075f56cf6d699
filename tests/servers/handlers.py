"""A room in which every message is told to everyone."""

from typing import Any

from wsrouter import Connection, Router
from wsrouter.signals import delivered

router = Router()
said = router.event("said", str)
ended: list[object] = []
"""The sends of this process that have ended."""


@router.connect
def opened(connection: Connection) -> None:
    connection.join("room")


@router.route("say")
def say(payload: str) -> str:
    return said.send(payload, group="room").status


@router.route("asay")
async def asay(payload: str) -> str:
    return (await said.asend(payload, group="room")).status


@router.route("whisper")
def whisper(payload: str) -> str:
    """A message like `say` that sends nothing."""
    return payload


@router.route("ended")
def number_ended(payload: str) -> int:
    return len(ended)


def note(**options: Any) -> None:
    ended.append(options.get("event"))


delivered.connect(note)
