"""What mypy and pyright must say of declarations; read by them and never run.

Each coded `ignore` is a mistake that both have to find: an unused one is an error in
either. The codes are mypy's; pyright ignores them and honours the comment.
"""

from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Any, assert_type

from pydantic import BaseModel

from wsrouter import (
    Accept,
    AnyOf,
    Connection,
    Delivery,
    Event,
    Frame,
    Message,
    MessageError,
    Report,
    Router,
)


class Watch(BaseModel):
    order_id: int


class OrderStatus(BaseModel):
    status: str


router = Router(tags=["orders"], login_required=True, permissions=["orders.view"])


async def is_member(connection: Connection) -> bool:
    return True


@router.route("sync", permissions=[is_member, "orders.view"], summary="Sync.")
def sync(payload: Watch, connection: Connection) -> OrderStatus:
    return OrderStatus(status="paid")


@router.route("async", permissions=[AnyOf("orders.view", is_member)])
async def coroutine(message: Message) -> list[OrderStatus]:
    return []


@router.route("bought", errors=["sold_out", ("limit", OrderStatus)])
def buy(payload: Watch) -> None: ...


@router.group("order:{order_id}")
def may_watch(order_id: int, connection: Connection) -> bool:
    return True


@router.group("room:{name}", client_may_join=True, throttle="20/m")
async def may_enter(name: str) -> bool:
    return True


@router.default
def anything(text: str) -> None: ...


@router.connect
async def opened(connection: Connection) -> Accept | None:
    return None


@router.middleware
def middleware(frame: Frame, call_next: Callable[[Frame], Any]) -> Any:
    return call_next(frame)


@router.exception_handler(KeyError)
def on_key_error(error: KeyError) -> MessageError:
    return MessageError("missing", retry=True, detail={"key": str(error)})


async def functions_keep_their_types(
    watch: Watch, connection: Connection, message: Message, frame: Frame
) -> None:
    assert_type(sync(watch, connection), OrderStatus)
    assert_type(await coroutine(message), list[OrderStatus])
    assert_type(await opened(connection), Accept | None)
    assert_type(may_watch(7, connection), bool)
    assert_type(await may_enter("hall"), bool)
    may_watch("7", connection)  # type: ignore[arg-type]
    assert_type(on_key_error(KeyError()), MessageError)
    sync(connection, watch)  # type: ignore[arg-type]
    sync(watch)  # type: ignore[call-arg]
    coroutine(watch)  # type: ignore[arg-type, unused-coroutine]
    anything(7)  # type: ignore[arg-type]
    middleware(frame)  # type: ignore[call-arg]


def decorators_are_used_right() -> None:
    router.route(anything)  # type: ignore[arg-type]
    router.route()  # type: ignore[call-arg]
    router.route("a", throttle=20)  # type: ignore[arg-type]
    router.route("a", permissions=[7])  # type: ignore[list-item]
    AnyOf(7)  # type: ignore[arg-type]
    router.route("a", errors=[7])  # type: ignore[list-item]
    router.route("a", "b")  # type: ignore[call-arg]
    router.route("a")("no function")  # type: ignore[type-var]
    router.group(may_watch)  # type: ignore[arg-type]
    router.group("a", throttle=20)  # type: ignore[arg-type]
    router.group("a", clients=True)  # type: ignore[call-arg]
    router.group("a")(buy)  # type: ignore[type-var]
    router.group("a")(coroutine)  # type: ignore[type-var]
    router.connect()  # type: ignore[call-arg]
    router.default("a")  # type: ignore[type-var]
    router.exception_handler(on_key_error)  # type: ignore[arg-type]
    router.exception_handler(BaseException)  # type: ignore[arg-type]
    router.include("orders")  # type: ignore[arg-type]


changed = router.event("orders.changed", OrderStatus)
many = router.event("orders.many", list[OrderStatus])


async def events_know_their_payload(connection: Connection) -> None:
    status = OrderStatus(status="paid")
    assert_type(changed, Event[OrderStatus])
    assert_type(many, Event[list[OrderStatus]])
    assert_type(changed.send(status, group="a"), Delivery)
    assert_type(await changed.asend(status, connection=connection), Delivery)
    many.send([status], everyone=True, exclude=[connection, "c1="])
    many.send([status], connections=[connection, "c1="], exclude=connection.user)
    changed.send(status, users=(number for number in range(3)))
    changed.send(status, users=7)  # type: ignore[arg-type]
    changed.send(status, connections=7)  # type: ignore[arg-type]
    changed.send(status, connection=["c1="])  # type: ignore[arg-type]
    await changed.asend(status, users=[1], exclude=[connection])
    changed.send(Watch(order_id=7), group="a")  # type: ignore[arg-type]
    changed.send({"status": "paid"}, group="a")  # type: ignore[arg-type]
    many.send(status, everyone=True)  # type: ignore[arg-type]
    changed.send(status, grupo="a")  # type: ignore[call-arg]
    changed.send(status, "c1=")  # type: ignore[call-arg]
    await changed.asend(Watch(order_id=7), group="a")  # type: ignore[arg-type]
    assert_type(changed.send(status, everyone=True).report, Report | None)


async def a_connection(connection: Connection) -> None:
    assert_type(connection.id, str)
    assert_type(connection.groups, frozenset[str])
    assert_type(await connection.agroups(), frozenset[str])
    assert_type(connection.connected_at, datetime | None)
    assert_type(connection.gateway, str)
    assert_type(connection.source_ip, str)
    assert_type(connection.user_agent, str)
    assert_type(connection.update_state(cart=[1]), Mapping[str, Any])
    assert_type(await connection.ainfo(), Mapping[str, Any])
    connection.state["cart"] = [1]
    connection.join("lobby", check=False)
    await connection.ajoin("lobby", check=True)
    connection.join("lobby", False)  # type: ignore[call-arg]
    connection.join(7)  # type: ignore[arg-type]
    connection.groups = frozenset({"a"})  # type: ignore[misc]


async def asend_takes_the_options_of_send() -> None:
    status = OrderStatus(status="paid")
    await changed.asend(status, group="lobby", now=True)
    await changed.asend(status, grup="lobby")  # type: ignore[call-arg]
