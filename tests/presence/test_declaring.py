"""What `router.presence` refuses at import, and what documents say of it."""

from typing import Any

import pytest
from django.contrib.auth.models import User

from tests.presence.presence_routes import PRESENCE, Member, may_enter, members, router
from wsrouter import DeclarationError, Keep, Presence, Router
from wsrouter.catalog.build import build
from wsrouter.documents.listing import listing
from wsrouter.documents.typescript import typescript


def declare(given: Router | None = None, **changed: Any) -> Presence[Member]:
    options: dict[str, Any] = {"of": members, "groups": "room:{name}"} | changed
    name = options.pop("name", PRESENCE)
    return (given or Router()).presence(name, Member, **options)


def no_users() -> list[Member]:
    return []


def one(user: User) -> list[Member]:
    return []


def one_member(users: list[User]) -> Member:
    raise NotImplementedError


def others(users: list[User]) -> list[str]:
    return []


def two(users: list[User], group: str) -> list[Member]:
    return []


def yielding(users: list[User]) -> Any:
    yield from ()


@pytest.mark.parametrize(
    ("changed", "problem"),
    [
        ({"groups": "room:{name"}, "'room:{name' is no pattern of group names"),
        ({"groups": 7}, 'write groups="room:{name}", a pattern of group names'),
        ({"name": "reply"}, "An event cannot be called 'reply'"),
        ({"keep": 100}, "Presence 'rooms.presence' .*write keep=Keep(...)"),
        ({"of": 7}, "7 is not a function"),
        ({"of": no_users}, "no_users (.*) has to take one thing, the list of users"),
        ({"of": two}, "write def two(users: list[User]) -> list[Member]"),
        ({"of": one}, "one (.*) gets all users at once, not User"),
        ({"of": one_member}, "one_member (.*) returns Member: write def"),
        ({"of": others}, "others (.*) returns list[str]: write def"),
        ({"of": yielding}, "yielding (.*) must return its result, not yield it"),
    ],
)  # fmt: skip
def test_a_wrong_declaration(changed: dict[str, Any], problem: str) -> None:
    with pytest.raises(DeclarationError) as raised:
        declare(**changed)
    pieces = problem.split(".*")
    text = str(raised.value)
    assert all(piece in text for piece in pieces), text


def test_patterns_that_clash() -> None:
    given = Router()
    declare(given, groups="room:{name}")
    declare(given, name="other", groups="hall:{name}")
    for pattern in ("room:{number}", "room:a", "{kind}:b"):
        with pytest.raises(DeclarationError, match="can match two patterns") as raised:
            declare(given, name="again", groups=pattern)
        assert PRESENCE in str(raised.value)
        assert "test_declaring.py" in str(raised.value)
    assert len(given.presences) == 2
    inner, root = Router(), Router()
    declare(inner, name="again")
    root.include(given)
    with pytest.raises(DeclarationError, match="can match two patterns"):
        root.include(inner)


def test_its_event_is_declared_once() -> None:
    given = Router()
    given.event(PRESENCE, str)
    with pytest.raises(DeclarationError, match="is declared twice"):
        declare(given)
    assert given.presences == []


async def asynchronous(users: list[User]) -> list[Member]:
    return members(users)


def test_functions_that_fit() -> None:
    for of in (members, asynchronous, lambda users: members(users)):
        ada = User(pk=7, username="ada")
        declared = declare(of=of, keep=Keep(last=5))
        assert declared.members([ada]) == [Member(id=7, name="ada")]
        assert declared.event.keep == Keep(last=5)


def test_documents_name_the_event_and_the_reply_to_a_join() -> None:
    spec = build(router)
    (event,) = listing(spec)["events"]
    assert event["name"] == PRESENCE
    assert event["payload"] == "PresenceChange[Member]"
    assert "joined: array of Member or null" in event["payload_fields"]
    text = typescript(spec)
    assert '"rooms.presence": PresenceChangeMember;' in text
    assert "presence?: { [key: string]: PresenceListMember };" in text


def test_without_presence_the_reply_to_a_join_is_as_before() -> None:
    given = Router()
    given.group("room:{name}", client_may_join=True)(may_enter)
    declare(given, groups="hall:{name}")
    assert "presence?:" not in typescript(build(given))
