"""A connection as a plain object, in a unit test or in `connect`."""

import asyncio
from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any
from uuid import UUID

import pytest

from tests.routing.builders import Gateway, Outbox, Run
from wsrouter import Connection, Router
from wsrouter.errors import HandshakeNotDone, InvalidValue, NoAddress, NotReady


def lazy_text(text: str) -> Any:
    """A lazy translation of Django, as far as routing knows it."""
    names = {"__module__": "django.utils.functional", "__str__": lambda _: text}
    return type("Promise", (), names)()


class Rows:
    """A registry that hands out new dicts, as a database does."""

    def __init__(self) -> None:
        self.members: set[str] = {"old"}
        self.state: dict[str, Any] = {"a": 1}

    def group_rules(self, gateway: str) -> None:
        return None

    def join(self, connection_id: str, groups: Sequence[str]) -> None:
        self.members.update(groups)

    def leave(self, connection_id: str, groups: Sequence[str]) -> None:
        self.members.difference_update(groups)

    def groups(self, connection_id: str) -> frozenset[str]:
        return frozenset(self.members)

    def update_state(
        self, connection_id: str, changes: Mapping[str, Any]
    ) -> Mapping[str, Any]:
        self.state |= changes
        return dict(self.state)


def stored() -> Connection:
    return Connection("c1=", state={"a": 1}, registry=Rows())


def test_a_plain_object() -> None:
    connection = Connection("c1=", groups=["a"], state={"x": 1})
    assert not connection.user.is_authenticated
    assert not connection.user.has_perm("orders.view")
    assert connection.gateway == "default"
    assert connection.groups == {"a"}
    assert connection.state == {"x": 1}
    assert "c1=" in repr(connection)


@pytest.mark.parametrize("make", [lambda: Connection("c1=", groups=["old"]), stored])
def test_groups(make: Callable[[], Connection]) -> None:
    connection = make()
    connection.join("a")
    connection.join("a")
    connection.leave("old")
    connection.leave("never joined")
    assert connection.groups == {"a"}


@pytest.mark.parametrize("make", [lambda: Connection("c1=", groups=["old"]), stored])
def test_async_twins(make: Callable[[], Connection]) -> None:
    async def use(connection: Connection) -> None:
        await connection.ajoin("a")
        await connection.aleave("old")
        assert await connection.agroups() == {"a"}
        assert (await connection.aupdate_state(b=2))["b"] == 2
        assert connection.state["b"] == 2

    asyncio.run(use(make()))


@pytest.mark.parametrize(
    "name", ["", " a", "a ", "a\n", "a\x00b", "a\u200bb", "x" * 256]
)
def test_impossible_group_names(name: str) -> None:
    for connection in (Connection("c1="), stored()):
        with pytest.raises(ValueError):
            connection.join(name)
        with pytest.raises(InvalidValue):
            connection.leave(name)
    with pytest.raises(InvalidValue):
        Connection("c1=", groups=[name])


@pytest.mark.parametrize("name", [None, 7, b"a"])
def test_group_names_are_strings(name: Any) -> None:
    with pytest.raises(TypeError):
        Connection("c1=").join(name)


@pytest.mark.parametrize("name", ["a", "x" * 255, "order:7", "é ü", "a b", "日本"])
def test_possible_group_names(name: str) -> None:
    connection = Connection("c1=")
    connection.join(name)
    assert connection.groups == {name}


def test_a_new_connections_state_is_writable() -> None:
    given = {"a": 1}
    connection = Connection("c1=", state=given)
    connection.state["b"] = 2
    assert connection.update_state(c=3) == {"a": 1, "b": 2, "c": 3}
    assert connection.state == {"a": 1, "b": 2, "c": 3}
    assert given == {"a": 1}


def test_later_the_state_is_read_only() -> None:
    connection = stored()
    with pytest.raises(TypeError):
        connection.state["b"] = 2
    assert connection.update_state(b=2) == {"a": 1, "b": 2}
    assert connection.state == {"a": 1, "b": 2}
    with pytest.raises(TypeError):
        connection.state["b"] = 3


MAKERS = [lambda: Connection("c1="), stored]


@pytest.mark.parametrize("make", MAKERS, ids=["plain", "stored"])
def test_state_is_json(make: Callable[[], Connection]) -> None:
    changes = {
        "id": UUID(int=7),
        "at": datetime(2026, 1, 2, tzinfo=UTC),
        "days": {date(2026, 1, 2): (Decimal("1.10"), None, 2.5)},
        "title": lazy_text("Hello"),
    }
    state = make().update_state(**changes)
    assert {key: state[key] for key in changes} == {
        "id": "00000000-0000-0000-0000-000000000007",
        "at": "2026-01-02T00:00:00Z",
        "days": {"2026-01-02": ["1.10", None, 2.5]},
        "title": "Hello",
    }


def levels(count: int) -> Any:
    """Lists in lists; `count` of them are open at once."""
    value: list[Any] = []
    for _ in range(count - 1):
        value = [value]
    return value


@pytest.mark.parametrize("make", MAKERS, ids=["plain", "stored"])
@pytest.mark.parametrize(
    "value",
    [
        float("nan"),
        [{"x": float("-inf")}],
        "a\x00b",
        "\\\x00",
        "\ud800",
        {"\ud800": 1},
        levels(32),
        {"a": levels(200)},
    ],
    ids=lambda value: repr(value)[:20],
)
def test_state_that_is_not_json(make: Callable[[], Connection], value: Any) -> None:
    connection = make()
    before = dict(connection.state)
    with pytest.raises(InvalidValue):
        connection.update_state(x=value)
    assert connection.state == before


@pytest.mark.parametrize("value", [levels(31), "\\u0000", "\\", "ü", 2**80])
def test_unusual_state(value: Any) -> None:
    assert Connection("c1=").update_state(x=value) == {"x": value}


def test_every_key_can_be_changed() -> None:
    """Keys may come from a client."""
    connection = Connection("c")
    names = {"self": 1, "connection_id": 2, "changes": 3, "": 4}
    assert connection.update_state(**names) == names
    assert asyncio.run(connection.aupdate_state(**names)) == names


def test_an_object_in_the_state_is_a_mistake_of_the_application() -> None:
    with pytest.raises(TypeError, match=r"state\['x'\].*object"):
        Connection("c1=").update_state(x=[object()])


def test_close_and_info(outbox: Outbox) -> None:
    connection = Connection("c1=", api_id="abc", stage="production")
    connection.close()
    assert outbox.closed == ["c1="]
    assert connection.info() == {"connectedAt": "c1="}

    async def use() -> Mapping[str, Any]:
        await connection.aclose()
        return await connection.ainfo()

    assert asyncio.run(use()) == {"connectedAt": "c1="}
    assert outbox.closed == ["c1=", "c1="]


def test_an_id_is_no_address(outbox: Outbox) -> None:
    async def close(connection: Connection) -> None:
        await connection.aclose()

    for connection in (Connection("c1="), Connection("c1=", api_id="abc")):
        for act in (connection.close, connection.info):
            with pytest.raises(NoAddress, match=r"connections\.get\('c1='\)"):
                act()
        with pytest.raises(NoAddress):
            asyncio.run(close(connection))
    assert outbox.closed == []
    Connection("c2=", registry=Rows()).close()
    assert outbox.closed == ["c2="]


def test_close_and_info_inside_connect(outbox: Outbox, run: Run) -> None:
    router, seen = Router(), []
    address = {"api_id": "abc", "stage": "production"}
    other = Connection("c2=", **address)

    @router.connect
    def opened(connection: Connection) -> None:
        for method in (connection.close, connection.info):
            with pytest.raises(HandshakeNotDone, match="c1="):
                method()
        other.close()
        seen.append(connection)

    @router.connect
    async def opened_async(connection: Connection) -> None:
        with pytest.raises(HandshakeNotDone):
            await connection.aclose()

    gateway = Gateway(router, run=run)
    assert gateway.connect(Connection("c1=", **address)).status == 200
    assert gateway.crashes == []
    seen[0].close()
    assert outbox.closed == ["c2=", "c1="]


def test_without_an_application(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("wsrouter.routing.ports._senders", [])
    with pytest.raises(NotReady, match="INSTALLED_APPS"):
        stored().close()
