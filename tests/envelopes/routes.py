"""Handlers that every envelope has to serve."""

from typing import Any

from pydantic import BaseModel, ConfigDict

from wsrouter import Connection, Message, MessageError, Raw, Router

NEWS = {"headline": "Tea is back."}
router = Router()


class Order(BaseModel):
    model_config = ConfigDict(extra="forbid")
    order_id: int
    note: str = ""


class News(BaseModel):
    headline: str


class LimitDetail(BaseModel):
    limit: int


news = router.event("news", News)


@router.route("orders.watch")
def watch(order: Order, connection: Connection) -> Order:
    connection.join("orders")
    return order


@router.route("orders.awatch")
async def awatch(order: Order) -> Order:
    return order


@router.route("orders.count")
def count() -> dict[str, int]:
    return {"count": 2}


@router.route("orders.optional")
def optional(order: Order | None = None) -> dict[str, bool]:
    return {"given": order is not None}


@router.route("orders.id")
def read_id(message: Message) -> dict[str, Any]:
    return {"id": message.id, "key": message.route_key}


@router.route("silent")
def silent() -> None: ...


@router.route("limited", errors=[("limit", LimitDetail)])
def limited() -> None:
    raise MessageError("limit", "Too many.", detail=LimitDetail(limit=3))


@router.route("staff", login_required=True)
def staff() -> None: ...


@router.route("busy", throttle="1/h")
def busy(order: Order) -> Order:
    return order


@router.route("crash")
def crash() -> None:
    raise RuntimeError


@router.route("large")
def large() -> str:
    return "x" * 200_000


@router.route("tell")
def tell(order: Order, connection: Connection) -> Order:
    news.send(News(**NEWS), connection=connection)
    return order


@router.route("pong")
def pong() -> Raw:
    return Raw("pong")


@router.default
def heartbeat(text: str) -> Raw:
    if text == "ping":
        return Raw("pong")
    raise MessageError("unknown_route", "Nobody answers this.")
