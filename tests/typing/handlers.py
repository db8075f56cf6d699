"""Handlers as a project writes them, read by the type checker and never run."""

from typing import assert_type

from pydantic import BaseModel

from wsrouter import Accept, Connection, Disconnected, Message, Reject, Router


class Watch(BaseModel):
    order_id: int


class OrderStatus(BaseModel):
    order_id: int
    status: str


router = Router(tags=["orders"])
order_changed = router.event("orders.changed", OrderStatus)


@router.connect
def opened(connection: Connection) -> Accept:
    if not connection.user.is_authenticated:
        raise Reject(401)
    return Accept(subprotocol="orders.v1")


@router.disconnect
def closed(connection: Connection, how: Disconnected) -> None: ...


@router.route("orders.watch", permissions=["orders.view_order"], throttle="20/m")
def watch(payload: Watch, connection: Connection) -> OrderStatus:
    return OrderStatus(order_id=payload.order_id, status="paid")


@router.route("orders.list")
async def orders(message: Message) -> list[OrderStatus]:
    return []


def a_handler_is_still_the_function(connection: Connection) -> None:
    assert_type(watch(Watch(order_id=7), connection), OrderStatus)


async def an_async_handler_too(message: Message) -> None:
    assert_type(await orders(message), list[OrderStatus])
    await order_changed.asend(OrderStatus(order_id=7, status="paid"), group="order:7")
