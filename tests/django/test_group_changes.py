"""`wsrouter.groups.add`, `remove` and `clear`: the server decides who is in a group."""

import random
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from asgiref.sync import async_to_sync
from django.contrib.auth.models import User
from django.db import connection as database
from django.db import transaction

from tests.django.conftest import InThreads
from tests.django.events import Gateway, serving
from tests.django.test_queries import Queries
from wsrouter import (
    Connection,
    HandshakeNotDone,
    InvalidValue,
    Router,
    connections,
    groups,
)
from wsrouter.models import Membership, OpenConnection
from wsrouter.registry import revocation
from wsrouter.testing import WebSocketClient

pytestmark = [pytest.mark.database, pytest.mark.django_db]
router = Router()
told = router.event("told", str)
within: list[Callable[[Connection], object]] = []


@router.group("vip:{name}")
def nobody(name: str) -> bool:
    return False


@router.connect
def opened(connection: Connection) -> None:
    for act in within:
        act(connection)


@pytest.fixture(autouse=True)
def _served() -> Iterator[None]:
    within.clear()
    with serving(router):
        yield


def connected(user: User | None = None, **mapped: Any) -> str:
    gateway = Gateway(**mapped)
    assert gateway.connect(user).status_code == 200
    return gateway.id


def members(group: str = "vip:a", **where: Any) -> set[str]:
    return set(groups.members(group, **where))


def test_the_socket_stays_open(user: User) -> None:
    with WebSocketClient(user) as client, WebSocketClient() as guest:
        assert groups.add("vip:a", user=user) == 1
        told.send("in", group="vip:a")
        assert groups.remove("vip:a", user=user) == 1
        told.send("out", group="vip:a")
        assert [frame["payload"] for frame in client.frames] == ["in"]
        assert (client.is_open, guest.frames) == (True, [])


def test_by_users_and_by_connections(user: User, other: User) -> None:
    tab, phone, bobs, guest = (connected(each) for each in (user, user, other, None))
    assert groups.add("vip:a", user=user) == 2
    assert groups.add("vip:a", users=[user, other.pk]) == 1
    assert groups.add("vip:a", users=User.objects.all()) == 0
    assert members() == {tab, phone, bobs}
    assert groups.add("vip:b", connection=guest) == 1
    assert groups.add("vip:b", connections=[Connection(tab), guest, "nobody="]) == 1
    assert groups.remove("vip:b", connections=[tab, bobs]) == 1
    assert groups.remove("vip:a", users=User.objects.filter(pk=user.pk)) == 2
    assert groups.remove("vip:a", user=user) == 0
    assert (members("vip:a"), members("vip:b")) == ({bobs}, {guest})
    assert groups.add("vip:a", users=[]) == groups.remove("vip:a", users=[]) == 0


def test_clear(user: User) -> None:
    connection_id = connected(user)
    connected()
    groups.add("all", users=[user])
    groups.add("vip:a", user=user)
    assert groups.clear("vip:a") == 1
    assert groups.clear("vip:a") == 0
    assert members("all") == {connection_id}
    assert OpenConnection.objects.count() == 2


def test_of_one_gateway(user: User) -> None:
    here, there = connected(user), connected(user)
    for model in (OpenConnection, Membership):
        model.objects.filter(connection_id=there).update(gateway="other")
    assert groups.add("a", user=user, gateway="other") == 1
    assert groups.add("a", user=user) == 1
    assert members("a", gateway="default") == {here}
    assert groups.count("a", gateway="other") == 1
    assert groups.users("a", gateway="nowhere") == set()
    assert groups.remove("a", connection=there, gateway="default") == 0
    assert groups.clear("a", gateway="default") == 1
    assert members("a") == {there}


def test_only_who_is_still_there(user: User, other: User) -> None:
    connected(user)
    revocation.expire_user(user.pk)
    connected(other)
    assert groups.add("vip:a", users=[user, other]) == 1
    assert Membership.objects.count() == 1


def test_in_a_transaction_that_is_rolled_back(user: User) -> None:
    connected(user)
    with transaction.atomic():
        assert groups.add("vip:a", user=user) == 1
        transaction.set_rollback(True)
    assert groups.count("vip:a") == 0


@pytest.mark.django_db(transaction=True)
def test_the_async_twins(user: User) -> None:
    connected(user)
    assert async_to_sync(groups.aadd)("a", user=user) == 1
    assert async_to_sync(groups.acount)("a", gateway="default") == 1
    assert async_to_sync(groups.aremove)("a", users=[user]) == 1
    assert async_to_sync(groups.aadd)("a", users=[user]) == 1
    assert async_to_sync(groups.aclear)("a") == 1


def test_a_new_connection_joins_by_itself(user: User) -> None:
    def own(connection: Connection) -> None:
        for named in (connection, connection.id):
            with pytest.raises(HandshakeNotDone, match=r"connection\.join"):
                groups.add("a", connection=named)

    within.append(own)
    connected(user)


@pytest.mark.parametrize("change", [groups.add, groups.remove])
def test_mistakes(change: Any, user: User) -> None:
    for wrong in ({}, {"user": user, "users": [user]}, {"user": None}):
        with pytest.raises(TypeError, match=f"{change.__name__}.. needs exactly one"):
            change("a", **wrong)
    with pytest.raises(TypeError, match="users= takes"):
        change("a", users=user)
    with pytest.raises(TypeError, match=rf"{change.__name__}\(connections=...\) takes"):
        change("a", connections="c1=")
    with pytest.raises(TypeError, match=rf"{change.__name__}\(gateway=...\) takes"):
        change("a", user=user, gateway="")
    with pytest.raises(InvalidValue):
        change(" a", user=user)
    with pytest.raises(InvalidValue):
        groups.clear("")


def test_what_it_costs(user: User) -> None:
    """As many statements for 40 users as for one."""
    users = [User.objects.create(username=f"u{number}") for number in range(40)]
    row = OpenConnection.objects.get(connection_id=connected(user))
    for number, each in enumerate(users):
        row.pk, row.connection_id, row.user = None, f"c{number:03}=", each
        row.save()
    for some, number in (([user], 1), (users, 40)):
        for change in (groups.add, groups.remove):
            with Queries(database) as queries:
                assert change("vip:a", users=some) == number
            assert len(queries.statements) == 2, queries.statements
    with Queries(database) as queries:
        groups.clear("vip:a")
    assert len(queries.statements) == 1


def test_several_at_once(in_threads: InThreads) -> None:
    """In every order, while connections come and go."""
    users = [User.objects.create(username=f"u{number}") for number in range(6)]
    stay = {connected(each) for each in users}
    leave = [connected(each) for each in users]

    def change(number: int) -> None:
        draw = random.Random(number)
        for _ in range(5):
            groups.add("a", users=draw.sample(users, len(users)))
            if number % 2:
                groups.remove("a", users=draw.sample(users, 3))
            elif leave:
                Gateway(leave.pop()).disconnect()
        groups.add("a", users=users)

    in_threads(4, change)
    assert members("a") >= stay
    open_ids = set(OpenConnection.objects.values_list("connection_id", flat=True))
    rows = Membership.objects.values_list("connection_id", flat=True)
    assert len(rows) == len(set(rows))
    assert set(rows) <= open_ids


# Who is online


def test_who_is_online(user: User, other: User) -> None:
    for _ in range(2):
        connected(user)
    connected()
    assert connections.is_online(user)
    assert connections.is_online(user.pk)
    assert not connections.is_online(other)
    assert list(connections.online_users()) == [user.pk]
    assert connections.online_users([user, other]) == {user.pk}
    assert connections.online_users(among=User.objects.all()) == {user.pk}
    assert connections.online_users(among=[other]) == set()
    revocation.expire_user(user.pk)
    assert not connections.is_online(user)
    with pytest.raises(TypeError):
        connections.is_online(None)


def test_pages_of_users(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("wsrouter.registry.online.PAGE", 2)
    monkeypatch.setattr("wsrouter.registry.online.KEYS", 2)
    users = [User.objects.create(username=f"u{number}") for number in range(5)]
    for each in (*users, *users):
        connected(each)
    keys = [each.pk for each in users]
    assert list(connections.online_users()) == keys
    assert connections.online_users(users) == set(keys)
