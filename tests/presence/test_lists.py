"""Who is in a group: for the application, and in the reply to a client that joins."""

from typing import Any

import pytest
from asgiref.sync import async_to_sync
from django.contrib.auth.models import User
from django.db import connection as database
from django.test.utils import CaptureQueriesContext
from pydantic_core import to_json

from tests.django.events import answered, serving
from tests.presence import presence_routes
from tests.presence.presence_routes import Guest, Member, presence
from wsrouter import ConfigurationError, InvalidValue, Keep, Present, Router
from wsrouter.delivery.memory import MemoryTransport
from wsrouter.models import PresenceGroup

pytestmark = [pytest.mark.database, pytest.mark.django_db(transaction=True)]


@pytest.fixture
def guests(transport: MemoryTransport, user: User, other: User) -> list[Guest]:
    """In a room: two connections of one user, one of another, an anonymous one."""
    found = [Guest(transport, who) for who in (user, user, other, None)]
    for guest in found:
        guest.enter("room:a")
    return found


def join(guest: Guest, *groups: str, **members: Any) -> Any:
    return guest.send("wsrouter.join", {"groups": list(groups)}, id="1", **members)


def test_a_list_has_users_with_their_connections(
    guests: list[Guest], user: User, other: User
) -> None:
    assert presence.list("room:a") == [
        Present(Member(id=user.pk, name="ada"), 2),
        Present(Member(id=other.pk, name="bob"), 1),
    ]
    assert presence.count("room:a") == 3
    assert presence.list("room:a", gateway="default") == presence.list("room:a")
    assert presence.list("room:b") == []
    assert presence.list("room:a", gateway="other") == []


@pytest.mark.parametrize("call", [presence.list, presence.count, presence.snapshot])
def test_a_group_that_is_not_of_the_pattern(call: Any) -> None:
    with pytest.raises(InvalidValue, match=r"'lobby' is no group of the presence"):
        call("lobby")


def test_the_async_twins(guests: list[Guest]) -> None:
    assert async_to_sync(presence.alist)("room:a") == presence.list("room:a")
    assert async_to_sync(presence.acount)("room:a") == 3


def test_a_handler_brings_the_list_itself(
    transport: MemoryTransport, guests: list[Guest], user: User
) -> None:
    """What `wsrouter.join` says of the same moment, whatever is told afterwards."""
    listed = presence.snapshot("room:a").model_dump(mode="json")
    assert listed == join(guests[0], "room:a")["payload"]["presence"]["room:a"]
    assert async_to_sync(presence.asnapshot)("room:a").count == 3
    arrived = guests[3].send("arrive", "room:b", id="2")["payload"]
    assert (arrived["members"], arrived["count"]) == ([], 1)
    later = guests[0].send("arrive", "room:b", id="3")["payload"]
    assert later["members"] == [{"id": user.pk, "name": "ada"}]
    assert guests[0].events[-1]["version"] > later["version"] >= arrived["version"]
    with serving(presence_routes.router, PRESENCE_MEMBERS=2):
        assert presence.snapshot("room:a").members is None
    with pytest.raises(ConfigurationError):
        presence.snapshot("room:a", gateway="unknown")


def test_the_reply_to_a_join_lists_who_is_there(
    transport: MemoryTransport, guests: list[Guest], user: User
) -> None:
    newcomer = Guest(transport, user)
    reply = join(newcomer, "room:a", "room:new")
    assert reply["payload"]["groups"] == ["room:a", "room:new"]
    lists = reply["payload"]["presence"]
    assert [found["count"] for found in lists.values()] == [3, 1]
    names = [member["name"] for member in lists["room:a"]["members"]]
    assert names == ["ada", "bob"]
    row = PresenceGroup.objects.get(group="room:a")
    assert lists["room:a"]["version"] == row.version
    guests[2].disconnect()
    last = newcomer.events[-1]
    assert last["left"][0]["name"] == "bob"
    assert last["version"] > lists["room:a"]["version"]
    first = next(each for each in newcomer.events if each["group"] == "room:new")
    assert first["version"] > lists["room:new"]["version"]


def test_under_atomic_requests_too(
    transport: MemoryTransport, user: User, atomic_requests: None
) -> None:
    guest = Guest(transport, user)
    lists = join(guest, "room:a")["payload"]["presence"]
    assert lists["room:a"]["members"] == [{"id": user.pk, "name": "ada"}]
    refused = join(guest, "room:b", "room:shut")
    assert refused["error"]["code"] == "permission_denied"


def test_a_large_group_has_no_list(
    transport: MemoryTransport, guests: list[Guest]
) -> None:
    with serving(presence_routes.router, PRESENCE_MEMBERS=2):
        lists = join(guests[0], "room:a")["payload"]["presence"]
    assert (lists["room:a"]["members"], lists["room:a"]["count"]) == (None, 3)


def test_lists_that_do_not_fit_into_a_reply(
    transport: MemoryTransport, user: User
) -> None:
    long = Router()
    long.presence("long", str, of=_long_names, groups="room:{name}")
    long.group("room:{name}", client_may_join=True)(presence_routes.may_enter)
    with serving(long):
        guest = Guest(transport, user)
        lists = join(guest, "room:a")["payload"]["presence"]
    assert (lists["room:a"]["members"], lists["room:a"]["count"]) == (None, 1)


def test_in_the_flat_envelope_and_with_streams(
    transport: MemoryTransport, user: User
) -> None:
    kept = Router()
    kept.presence(
        "kept",
        Member,
        of=presence_routes.members,
        groups="room:{name}",
        keep=Keep(last=10),
    )
    kept.group("room:{name}", client_may_join=True)(presence_routes.may_enter)
    with serving(kept, ENVELOPE="flat"):
        guest = Guest(transport, user)
        message = {"action": "wsrouter.join", "id": "1", "groups": ["room:a"]}
        reply = answered(guest.text("wsrouter.join", to_json(message)))
        assert reply["payload"]["presence"]["room:a"]["count"] == 1
        (stream,) = reply["streams"]
        assert (stream["seq"], stream["recovered"]) == (0, True)
        message["$since"] = {stream["id"]: {"epoch": stream["epoch"], "seq": 0}}
        again = answered(guest.text("wsrouter.join", to_json(message)))
    (stream,) = again["streams"]
    (event,) = stream["events"]
    assert event["payload"]["joined"] == [{"id": user.pk, "name": "ada"}]


def test_a_crash_of_the_list_is_not_one_of_the_join(
    transport: MemoryTransport, user: User, caplog: pytest.LogCaptureFixture
) -> None:
    wrong = Router()
    wrong.presence("wrong", str, of=lambda users: [], groups="room:{name}")
    wrong.group("room:{name}", client_may_join=True)(presence_routes.may_enter)
    with serving(wrong):
        guest = Guest(transport, user)
        reply = join(guest, "room:a")
    assert reply["payload"] == {"groups": ["room:a"]}
    assert "has to return a list with a member for each user" in caplog.text


def test_without_presence_nothing_is_asked_or_written(
    transport: MemoryTransport, user: User
) -> None:
    """The same statements as before there was any presence."""
    with serving(presence_routes.alone):
        guest = Guest(transport, user)
        with CaptureQueriesContext(database) as queries:
            guest.enter("room:a")
            guest.leave("room:a")
            guest.disconnect()
    statements = [each["sql"] for each in queries if "wsrouter_" in each["sql"]]
    assert not [sql for sql in statements if "presen" in sql]
    per_message = 2
    deletion = 2 if _returns(database) else 5
    assert len(statements) == 2 * per_message + deletion, statements


def _returns(database: Any) -> bool:
    return bool(database.features.can_return_columns_from_insert)


def _long_names(users: list[User]) -> list[str]:
    return ["x" * 200_000 for _ in users]
