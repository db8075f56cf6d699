"""The handlers of the end-to-end tests."""

import asyncio

from pydantic import BaseModel

from wsrouter import Connection, Keep, Reject, Router

router = Router()


class Say(BaseModel):
    text: str
    times: int = 1


class Said(BaseModel):
    text: str
    by: str


class Announcement(BaseModel):
    text: str


announced = router.event("room.announced", Announcement)
changed = router.event("table.changed", Announcement, keep=Keep())


@router.connect
def opened(connection: Connection) -> None:
    if not connection.user.is_authenticated:
        raise Reject(401, "Who are you?")
    connection.join("lobby")


@router.group("table:{name}", client_may_join=True)
async def may_sit(connection: Connection, name: str) -> bool:
    return name.startswith(connection.user.username)


@router.route("say")
def say(payload: Say, connection: Connection) -> Said:
    return Said(text=payload.text * payload.times, by=connection.user.username)


@router.route("say.slowly")
async def say_slowly(payload: Say, connection: Connection) -> Said:
    await asyncio.sleep(0.01)
    return Said(text=payload.text, by=connection.user.username)


@router.route("who.am.i")
def who_am_i(connection: Connection) -> str:
    return connection.id


@router.route("crash")
def crash() -> None:
    raise RuntimeError("a detail that is nobody's business")


@router.route("nothing")
def nothing(payload: Say) -> None:
    """Get no answer when the message has no id."""
