"""Handlers get what their parameters ask for, however they are written."""

import functools
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Annotated, Any

import pytest
from pydantic import BaseModel, Field

from tests.routing.builders import Gateway, Run, User
from tests.routing.postponed import resolvable
from wsrouter import Connection, Message, Router


class Watch(BaseModel):
    order_id: int


class Changed(Connection):
    """A project may annotate with its own kind of connection."""


def asks_nothing() -> str:
    return "nothing"


def payload_first(payload: Watch, connection: Connection) -> str:
    return f"{payload.order_id} {connection.id}"


def payload_last(
    message: Message, connection: Connection, *, watched: Annotated[Watch, "a note"]
) -> str:
    return f"{watched.order_id} {connection.id} {message.route_key} {message.id}"


async def in_async(connection: Connection, payload: Watch) -> str:
    return f"{payload.order_id} {connection.id}"


def of_subclass(connection: Changed) -> str:
    return connection.id


class AsObject:
    def __call__(self, payload: Watch) -> str:
        return f"object {payload.order_id}"


class AsAsyncObject:
    async def __call__(self, payload: Watch) -> str:
        return f"async object {payload.order_id}"


class WithMethod:
    def method(self, payload: Watch) -> str:
        return f"method {payload.order_id}"


def decorated(function: Callable[..., Any]) -> Callable[..., Any]:
    """A decorator that knows nothing of async functions, as most do not."""

    @functools.wraps(function)
    def wrapper(*args: Any, **options: Any) -> Any:
        return function(*args, **options)

    return wrapper


@pytest.mark.parametrize(
    ("handler", "reply"),
    [
        (asks_nothing, "nothing"),
        (payload_first, "7 c1="),
        (payload_last, "7 c1= orders.watch 1"),
        (in_async, "7 c1="),
        (of_subclass, "c1="),
        (AsObject(), "object 7"),
        (AsAsyncObject(), "async object 7"),
        (WithMethod().method, "method 7"),
        (decorated(payload_first), "7 c1="),
        (decorated(in_async), "7 c1="),
    ],
)
def test_parameters_are_found_by_annotation(
    handler: Callable[..., Any], reply: str, run: Run
) -> None:
    router = Router()
    router.route("orders.watch")(handler)
    gateway = Gateway(router, run=run)
    assert gateway.call("orders.watch", {"order_id": 7}) == reply
    assert gateway.crashes == []


def test_annotations_that_are_strings(run: Run) -> None:
    router = Router()
    router.route("a")(resolvable)
    reply = Gateway(router, run=run).call("a", {"count": 1})
    assert reply == [{"count": 1}, {"count": 3}]


def test_a_constraint_in_the_annotation() -> None:
    router = Router()

    @router.route("a")
    def handler(payload: Annotated[int, Field(gt=5)]) -> int:
        return payload

    gateway = Gateway(router)
    assert gateway.call("a", 6) == 6
    assert gateway.call("a", 5) == "invalid_payload"


def test_the_message() -> None:
    router, seen = Router(), []

    @router.route("a")
    def handler(message: Message) -> None:
        seen.append(message)

    at = datetime(2026, 1, 2, tzinfo=UTC)
    Gateway(router).send(
        {"action": "a", "id": 7},
        message_id="m1",
        request_id="r1",
        received_at=at,
        headers={"Tenant": "blue"},
    )
    assert seen == [
        Message(
            route_key="a",
            id=7,
            message_id="m1",
            request_id="r1",
            received_at=at,
            headers={"Tenant": "blue"},
        )
    ]


def test_only_who_asks_for_the_connection_costs_a_look_up() -> None:
    router = Router()
    router.route("free")(asks_nothing)
    router.route("connection")(payload_first)
    router.route("login", login_required=True)(asks_nothing)
    router.route("permission", permissions=[lambda _: True])(asks_nothing)
    router.route("throttle", throttle="1/m")(asks_nothing)
    router.route("throttle.user", throttle="1/m per user")(asks_nothing)
    router.route("throttle.ip", throttle="1/m per ip")(asks_nothing)
    cost = {}
    for key in [route.key for route in router.routes]:
        gateway = Gateway(router, user=User())
        gateway.call(key, {"order_id": 7})
        cost[key] = len(gateway.lookups)
    assert cost == {
        "free": 0,
        "connection": 1,
        "login": 1,
        "permission": 1,
        "throttle": 0,
        "throttle.user": 1,
        "throttle.ip": 0,
    }


def test_a_type_that_is_complete_only_later() -> None:
    """As when a module declares its handler above the model that a field names."""

    class Outer(BaseModel):
        inner: "Inner"

    router = Router()

    @router.route("a")
    def handler(payload: Outer) -> Outer:
        return payload

    class Inner(BaseModel):
        count: int

    Outer.model_rebuild()
    assert Gateway(router).call("a", {"inner": {"count": 1}}) == {"inner": {"count": 1}}
