"""What mypy and pyright must say of presence; read by them and never run. See
declarations.py for the ignored mistakes."""

from typing import assert_type

from pydantic import BaseModel

from wsrouter import Keep, Presence, PresenceList, Present, Router

router = Router()


class User:
    """That of a project."""

    username: str


class Member(BaseModel):
    name: str


def members(users: list[User]) -> list[Member]:
    return [Member(name=user.username) for user in users]


async def amembers(users: list[User]) -> list[Member]:
    return members(users)


def names(users: list[User]) -> list[str]:
    return [user.username for user in users]


def one(user: User) -> list[Member]:
    return []


rooms = router.presence("rooms", Member, of=members, groups="room:{name}")
halls = router.presence(
    "halls", Member, of=amembers, groups="hall:{name}", keep=Keep(last=10)
)
plain = router.presence("plain", str, of=names, groups="plain:{name}", tags=["a"])
router.presence("wrong", Member, of=one, groups="a:{b}")  # type: ignore[arg-type]
router.presence("wrong", Member, of=members)  # type: ignore[call-arg]
router.presence("wrong", Member, groups="a:{b}")  # type: ignore[call-arg]


async def listed() -> None:
    assert_type(rooms, Presence[Member])
    assert_type(rooms.list("room:tea"), list[Present[Member]])
    assert_type(await halls.alist("hall:a"), list[Present[Member]])
    assert_type(plain.list("plain:a", gateway="other")[0].member, str)
    assert_type(rooms.list("room:tea")[0].connections, int)
    assert_type(rooms.count("room:tea"), int)
    assert_type(await rooms.acount("room:tea"), int)
    assert_type(rooms.snapshot("room:tea"), PresenceList[Member])
    assert_type(await plain.asnapshot("plain:a"), PresenceList[str])
    rooms.list(7)  # type: ignore[arg-type]
