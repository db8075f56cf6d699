"""A room in which every message is told to everyone."""

from wsrouter import Connection, Router

router = Router()
said = router.event("said", str)


@router.connect
def opened(connection: Connection) -> None:
    connection.join("room")


@router.route("say")
def say(payload: str) -> str:
    return said.send(payload, group="room").status


@router.route("asay")
async def asay(payload: str) -> str:
    return (await said.asend(payload, group="room")).status
