"""What type checkers say of the functions that any view may call."""

from collections.abc import Iterator
from typing import Any, assert_type

from wsrouter import Connection, connections, groups


async def groups_of_the_server(connection: Connection) -> None:
    assert_type(groups.add("a", user=connection.user), int)
    assert_type(groups.remove("a", users=[1, 2], gateway="default"), int)
    assert_type(groups.clear("a"), int)
    assert_type(await groups.aadd("a", connection=connection), int)
    assert_type(await groups.aremove("a", connections=[connection, "c1="]), int)
    assert_type(await groups.aclear("a", gateway="default"), int)
    groups.add("a", connection)  # type: ignore[call-arg]
    groups.add("a", grup="b", user=1)  # type: ignore[call-arg]
    groups.add("a", connection=7)  # type: ignore[arg-type]
    groups.clear("a", user=1)  # type: ignore[call-arg]
    groups.count("a", gateway=7)  # type: ignore[arg-type]


async def who_is_online() -> None:
    assert_type(connections.is_online(7), bool)
    assert_type(connections.online_users(), Iterator[Any])
    assert_type(connections.online_users(among=[7]), set[Any])
    assert_type(await connections.aonline_users([7]), set[Any])
    assert_type(connections.get("c1="), Connection)
    await connections.aonline_users()  # type: ignore[call-arg]
