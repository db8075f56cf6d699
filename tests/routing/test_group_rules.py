"""Joining groups that have a rule: in handlers, in `connect`, and by clients."""

import asyncio
from typing import Any

import pytest

from tests.routing.builders import Gateway, Missing, Run, User
from wsrouter import Connection, MessageError, Router
from wsrouter.routing.table import table

router = Router()
asked: list[Any] = []


@router.group("order:{order_id}")
def may_watch(connection: Connection, order_id: int) -> bool:
    asked.append(order_id)
    return bool(connection.user.pk == order_id)


@router.group("aorder:{order_id}")
async def may_watch_async(order_id: int, by: Connection) -> bool:
    await asyncio.sleep(0)
    asked.append(order_id)
    return bool(by.user.pk == order_id)


@router.group("shop:{name}")
def about_shops(name: str) -> bool:
    if name == "gone":
        raise Missing
    if name == "full":
        raise MessageError("full", "No place is left.", retry=True)
    raise ZeroDivisionError


class IsOpen:
    """A rule may be an object, also one whose answer is only like a truth."""

    async def __call__(self, name: str) -> Any:
        return [name] if name == "open" else []


router.group("door:{name}")(IsOpen())


@router.route("join")
def join(payload: str, connection: Connection) -> list[str]:
    connection.join(payload)
    return sorted(connection.groups)


@router.route("ajoin")
async def ajoin(payload: str, connection: Connection) -> list[str]:
    await connection.ajoin(payload)
    return sorted(await connection.agroups())


@router.route("unchecked")
def unchecked(payload: str, connection: Connection) -> list[str]:
    connection.join(payload, check=False)
    return sorted(connection.groups)


@router.route("aunchecked")
async def aunchecked(payload: str, connection: Connection) -> list[str]:
    await connection.ajoin(payload, check=False)
    return sorted(connection.groups)


@router.connect
def opened(connection: Connection) -> None:
    if connection.user.pk == 9:
        connection.join("order:8")


@router.connect
async def opened_async(connection: Connection) -> None:
    if connection.user.pk == 8:
        await connection.ajoin("aorder:9")


@pytest.fixture(autouse=True)
def _asked() -> None:
    asked.clear()


JOINS = pytest.mark.parametrize("join", ["join", "ajoin"])
ORDERS = pytest.mark.parametrize("group", ["order", "aorder"])


@JOINS
@ORDERS
def test_the_rule_decides(join: str, group: str, run: Run) -> None:
    gateway = Gateway(router, user=User(7), run=run)
    assert gateway.call(join, f"{group}:7") == [f"{group}:7"]
    assert gateway.call(join, f"{group}:8") == "permission_denied"
    assert gateway.call(join, f"{group}:x") == "invalid_payload"
    assert gateway.call(join, "order 7") == ["order 7"]
    assert asked == [7, 8]
    assert gateway.crashes == []


@JOINS
def test_what_a_rule_raises_is_what_its_caller_gets(join: str, run: Run) -> None:
    gateway = Gateway(router, run=run)
    assert gateway.call(join, "shop:gone") == "not_found"
    assert gateway.call(join, "shop:full") == "full"
    assert gateway.crashes == []
    assert gateway.call(join, "shop:x") == "internal_error"
    assert [type(error) for error in gateway.crashes] == [ZeroDivisionError]


@JOINS
def test_an_object_is_a_rule_too(join: str, run: Run) -> None:
    gateway = Gateway(router, run=run)
    assert gateway.call(join, "door:open") == ["door:open"]
    assert gateway.call(join, "door:shut") == "permission_denied"


@pytest.mark.parametrize("join", ["unchecked", "aunchecked"])
def test_a_name_that_the_server_chose(join: str, run: Run) -> None:
    gateway = Gateway(router, run=run)
    for name in ("order:7", "order:x", "shop:x"):
        assert gateway.call(join, name) == [name]
    assert gateway.call(join, " x") == "invalid_payload"
    assert asked == []


@pytest.mark.parametrize(
    ("user", "status", "questions"), [(7, 200, []), (9, 403, [8]), (8, 403, [9])]
)
def test_in_connect(user: int, status: int, questions: list[int], run: Run) -> None:
    gateway = Gateway(router, user=User(user), run=run)
    assert gateway.connect().status == status
    assert asked == questions


def test_a_plain_connection_knows_no_rules() -> None:
    connection = Connection("c1=")
    connection.join("order:7")
    asyncio.run(connection.ajoin("aorder:7"))
    assert connection.groups == {"order:7", "aorder:7"}


def test_rules_of_included_routers() -> None:
    root = Router()
    root.include(router, prefix="v2.")
    gateway = Gateway(root, user=User(7))
    assert gateway.call("v2.join", "order:7") == ["order:7"]
    assert gateway.call("v2.join", "order:8") == "permission_denied"


# By clients

rooms = Router()
members = Router(permissions=["rooms.enter"])
known = Router(login_required=True)
rooms.include(members)
rooms.include(known)


@rooms.group("room:{number}", client_may_join=True, throttle="2/m")
def may_enter(connection: Connection, number: int) -> bool:
    if number == 404:
        raise Missing
    if number == 500:
        raise ZeroDivisionError
    if number == 409:
        raise MessageError("full", "No place is left.")
    asked.append(number)
    return number < 100


@rooms.group("hall:{name}", client_may_join=True)
async def may_enter_hall(name: str) -> bool:
    return name != "shut"


@members.group("club:{name}", client_may_join=True)
def may_enter_club(name: str) -> bool:
    return True


@known.group("lounge:{name}", client_may_join=True)
def may_enter_lounge(name: str) -> bool:
    return True


@rooms.group("office:{name}")
def may_enter_office(name: str) -> bool:
    return True


@rooms.group("desk:{row}-{place}")
def may_sit(row: str, place: str) -> bool:
    return True


class OneSocket(Gateway):
    """Its connection is the same for all messages."""

    def __init__(self, router: Router, **options: Any) -> None:
        super().__init__(router, **options)
        self.connection = self._connection("c1=")

    def _lookup(self, frame: Any) -> Connection:
        self.lookups.append(frame.connection_id)
        return self.connection

    def error(self, action: str, *groups: str) -> Any:
        frame = self.send({"action": action, "id": 1, "payload": {"groups": groups}})
        assert frame["type"] == "error", frame
        return frame["error"]


def test_clients_join_and_leave(run: Run) -> None:
    gateway = OneSocket(rooms, run=run)
    names = ["room:2", "hall:a", "room:1", "room:2"]
    joined = {"groups": ["room:2", "hall:a", "room:1"]}
    assert gateway.call("wsrouter.join", {"groups": names}) == joined
    assert gateway.connection.groups == set(names)
    left = {"groups": ["hall:a", "room:nine", "hall:never"]}
    assert gateway.call("wsrouter.leave", left) == left
    assert gateway.connection.groups == {"room:1", "room:2"}
    assert len(gateway.lookups) == 2
    assert gateway.crashes == []


@pytest.mark.parametrize(
    ("name", "code", "message"),
    [
        ("room:200", "permission_denied", "You may not join 'room:200'."),
        ("hall:shut", "permission_denied", "You may not join 'hall:shut'."),
        ("office:a", "permission_denied", "You may not join 'office:a'."),
        ("nothing", "permission_denied", "You may not join 'nothing'."),
        ("room:1:2", "permission_denied", "You may not join 'room:1:2'."),
        ("desk:1-2", "permission_denied", "You may not join 'desk:1-2'."),
        ("desk:1-2-3", "permission_denied", "You may not join 'desk:1-2-3'."),
        ("club:a", "not_authenticated", "Log in first."),
        ("lounge:a", "not_authenticated", "Log in first."),
        ("room:409", "full", "No place is left."),
        ("room:x", "invalid_payload", None),
        ("room:01", "invalid_payload", None),
        (" room:1", "invalid_payload", None),
        ("", "invalid_payload", None),
    ],
)
def test_one_refusal_refuses_all(name: str, code: str, message: Any, run: Run) -> None:
    gateway = OneSocket(rooms, run=run)
    error = gateway.error("wsrouter.join", "room:1", name)
    assert (error["code"], gateway.connection.groups) == (code, frozenset())
    if message is None:
        assert error["detail"][0]["loc"] == ["groups", 1]
        assert error["message"].startswith("groups.1: ")
    else:
        assert error["message"] == message
    if code == "permission_denied":
        assert error["detail"] == {"group": name}
    assert gateway.crashes == []


def test_a_rule_that_crashes(run: Run) -> None:
    gateway = OneSocket(rooms, run=run)
    assert gateway.error("wsrouter.join", "room:500")["code"] == "internal_error"
    assert [type(error) for error in gateway.crashes] == [ZeroDivisionError]


def test_what_the_routers_around_a_rule_ask_for() -> None:
    stranger, member = (
        OneSocket(rooms, user=user) for user in (User(), User(1, "rooms.enter"))
    )
    assert stranger.error("wsrouter.join", "club:a") == {
        "code": "permission_denied",
        "message": "You may not join 'club:a'.",
        "retry": False,
        "detail": {"group": "club:a"},
    }
    groups = {"groups": ["club:a", "lounge:a"]}
    assert member.call("wsrouter.join", groups) == groups


@pytest.mark.parametrize("name", ["office:a", "nothing", "room:1:2"])
def test_groups_that_clients_do_not_leave(name: str) -> None:
    gateway = OneSocket(rooms)
    gateway.connection.join(name)
    error = gateway.error("wsrouter.leave", "room:1", name)
    assert error["message"] == f"You may not leave {name!r}."
    assert error["detail"] == {"group": name}
    assert gateway.connection.groups == {name}


@pytest.mark.parametrize("action", ["wsrouter.join", "wsrouter.leave"])
@pytest.mark.parametrize("groups", [[], [f"hall:{i}" for i in range(51)], "hall:a"])
def test_a_message_names_one_to_fifty(action: str, groups: Any) -> None:
    gateway = OneSocket(rooms)
    assert gateway.call(action, {"groups": groups}) == "invalid_payload"
    assert gateway.call(action, {}) == "invalid_payload"


def test_fifty_are_joined_at_once() -> None:
    gateway = OneSocket(rooms)
    names = [f"hall:{number}" for number in range(50)]
    assert gateway.call("wsrouter.join", {"groups": names}) == {"groups": names}


def test_how_often_a_client_joins() -> None:
    """A message counts once for each pattern."""
    gateway = OneSocket(rooms)
    for _ in range(2):
        gateway.call("wsrouter.join", {"groups": ["room:1", "room:2", "hall:a"]})
    error = gateway.error("wsrouter.join", "hall:b", "room:1")
    assert (error["code"], error["detail"]) == ("throttled", {"retry_after": 30})
    assert "hall:b" not in gateway.connection.groups
    assert gateway.call("wsrouter.join", {"groups": ["hall:b"]}) == {
        "groups": ["hall:b"]
    }
    assert asked == [1, 2, 1, 2]


def test_without_such_groups_there_are_no_such_routes() -> None:
    assert set(table(router).library) == {"wsrouter.ping"}
    assert set(table(rooms).library) == {
        "wsrouter.ping",
        "wsrouter.join",
        "wsrouter.leave",
    }
    assert Gateway(router).call("wsrouter.join", {"groups": ["a"]}) == "unknown_route"
