"""A router as plain data."""

from pydantic import BaseModel

from wsrouter import AnyOf, Connection, Router
from wsrouter.catalog.build import build


class Watch(BaseModel):
    order_id: int


def opened(connection: Connection) -> None: ...


def closed(connection: Connection) -> None: ...


def watch(payload: Watch) -> int:
    """Watch an order."""
    return payload.order_id


def anything(text: str) -> None: ...


def a_router() -> Router:
    inner = Router()
    inner.connect(opened)
    inner.disconnect(closed)
    allowed = AnyOf("orders.view_order", "orders.change_order")
    inner.route("watch", permissions=["orders.see", allowed])(watch)
    inner.default(anything)
    root = Router()
    root.include(inner, prefix="orders.")
    return root


def test_routes() -> None:
    (route,) = build(a_router()).routes

    assert route.key == "orders.watch"
    assert route.handler.endswith("test_build.watch")
    assert route.place.partition(":")[0] == __file__
    assert route.payload is Watch
    assert route.reply is int
    either = "orders.view_order or orders.change_order"
    assert route.permissions == ("orders.see", either)
    assert route.summary == "Watch an order."


def test_hooks() -> None:
    found = {
        hook.key: hook.handler.rpartition(".")[2] for hook in build(a_router()).hooks
    }

    assert found == {
        "$connect": "opened",
        "$disconnect": "closed",
        "$default": "anything",
    }
