"""Groups, as `wsrouter.groups` shows them and as connections join and leave them."""

from typing import Any

import pytest
from asgiref.sync import async_to_sync
from django.contrib.auth.models import User
from django.db import connection as database

from tests.django.events import Gateway, serving
from tests.django.test_queries import Queries
from wsrouter import Connection, Router, connections, groups
from wsrouter.models import Membership
from wsrouter.registry import revocation
from wsrouter.registry.open_connections import ConnectionRegistry

pytestmark = [pytest.mark.database, pytest.mark.django_db]
router = Router()


@router.connect
def opened(connection: Connection) -> None:
    connection.join("all")


@pytest.fixture(autouse=True)
def _served() -> Any:
    with serving(router):
        yield


def connected(user: User | None = None) -> Connection:
    gateway = Gateway()
    assert gateway.connect(user).status_code == 200
    return Connection(gateway.id, registry=ConnectionRegistry())


def test_users_of_no_group_are_online_too(user: User) -> None:
    connection = connected(user)
    connection.leave("all")
    assert groups.users("all") == set()
    assert set(connections.online_users()) == {user.pk}


def test_members_count_and_users(user: User, other: User) -> None:
    tab, phone, bob, guest = (connected(each) for each in (user, user, other, None))
    tab.join("vip")
    guest.join("vip")
    ids = {each.id for each in (tab, phone, bob, guest)}
    assert set(groups.members("all")) == ids
    assert set(groups.members("vip")) == {tab.id, guest.id}
    assert (groups.count("all"), groups.count("vip"), groups.count("x")) == (4, 2, 0)
    assert set(connections.online_users()) == groups.users("all") == {user.pk, other.pk}
    assert groups.users("vip") == {user.pk}
    tab.leave("vip")
    assert (groups.count("vip"), groups.users("vip")) == (1, set())


def test_those_whose_time_is_over_do_not_count(user: User) -> None:
    connected(user)
    revocation.expire_user(user.pk)
    assert list(groups.members("all")) == []
    assert groups.count("all") == 0
    assert set(connections.online_users()) == groups.users("all") == set()


@pytest.mark.django_db(transaction=True)
def test_the_async_twins(user: User) -> None:
    connected(user)
    assert async_to_sync(groups.acount)("all") == 1
    assert async_to_sync(groups.ausers)("all") == {user.pk}
    assert async_to_sync(connections.aonline_users)([user]) == {user.pk}
    assert async_to_sync(connections.ais_online)(user)


@pytest.mark.parametrize("name", ["", " a", "a\n", "x" * 256])
def test_impossible_names(name: str) -> None:
    with pytest.raises(ValueError):
        groups.count(name)


def test_joining_and_leaving_is_one_query_each() -> None:
    connection = connected()
    for act in (connection.join, connection.join, connection.leave):
        with Queries(database) as queries:
            act("b" * 255)
        assert len(queries.statements) == 1, queries.statements
    assert connection.groups == {"all"}


def test_who_is_not_connected_cannot_join() -> None:
    Connection("nobody=", registry=ConnectionRegistry()).join("a")
    assert not Membership.objects.exists()
