"""Which handler a message reaches."""

from typing import Any

import pytest
from pydantic import BaseModel

from tests.routing.builders import Gateway, Run
from wsrouter import Message, Router
from wsrouter.wire.envelope import Flat, Nested


def naming(*keys: str) -> Router:
    """A router whose handlers answer their own key."""
    router = Router()

    def add(key: str) -> None:
        router.route(key)(lambda: key)

    for key in keys:
        add(key)
    return router


NO_ROUTE = "There is no route of this key."


def test_the_header_decides() -> None:
    answer = Gateway(naming("a", "b")).send({"action": "b"}, "a")
    assert (answer["action"], answer["payload"]) == ("a", "a")


@pytest.mark.parametrize("route_key", ["$default", "gone.route", "", "$connect"])
def test_the_body_decides_where_the_header_names_no_route(
    route_key: str, run: Run
) -> None:
    gateway = Gateway(naming("a", "b"), run=run)
    answer = gateway.send({"action": "b", "id": 1}, route_key)
    assert answer == {"type": "reply", "action": "b", "id": 1, "payload": "b"}


@pytest.mark.parametrize("action", ["$connect", "$disconnect", "$default", "c", ""])
def test_no_such_route(action: str) -> None:
    answer = Gateway(naming("a")).send({"action": action, "id": "7"}, "$default")
    assert answer["error"] == {
        "code": "unknown_route",
        "message": f"There is no route {action!r}." if action else NO_ROUTE,
        "retry": False,
    }
    assert answer["id"] == "7"


@pytest.mark.parametrize(
    ("action", "nearest"),
    [
        ("order.watch", "orders.watch"),
        ("orders.wtach", "orders.watch"),
        ("orders_unwatch", "orders.unwatch"),
        ("Orders.Watch", "orders.watch"),
        ("orders", None),
        ("x", None),
        ("x" * 128, None),
    ],
)
def test_the_nearest_route_is_named(action: str, nearest: str | None) -> None:
    router = naming("orders.watch", "orders.unwatch", "chat.say", "a")
    message = Gateway(router).send({"action": action}, "$default")["error"]["message"]
    hint = f" Did you mean {nearest!r}?" if nearest else ""
    assert message == f"There is no route {action!r}.{hint}"


def test_a_long_action_is_not_repeated() -> None:
    answer = Gateway(naming("a")).send({"action": "b" * 129}, "$default")
    assert answer["error"]["message"] == NO_ROUTE


def test_a_function_that_is_not_registered_is_out_of_reach() -> None:
    router = naming("a")
    router.connect(lambda: None)
    for action in ("naming", "handler", "__class__", "routes", "lambda"):
        assert Gateway(router).call(action) == "unknown_route"


def test_an_unknown_action_is_echoed_unless_it_is_long() -> None:
    gateway = Gateway(naming("a"))
    assert gateway.send({"action": "b" * 128}, "$default")["action"] == "b" * 128
    assert "action" not in gateway.send({"action": "b" * 129}, "$default")


def test_prefixes() -> None:
    root, middle = Router(), Router()
    middle.include(naming("watch"), "orders.")
    root.include(middle, "shop.")
    assert Gateway(root).call("shop.orders.watch") == "watch"
    assert Gateway(root).call("orders.watch") == "unknown_route"


def test_a_key_of_another_name() -> None:
    gateway = Gateway(naming("a"), envelope=Nested("detail-type"))
    assert gateway.send({"detail-type": "a"}, "$default")["payload"] == "a"
    gateway = Gateway(naming("a"), envelope=Flat("kind"))
    assert gateway.send({"kind": "a"}, "$default")["payload"] == "a"


def test_without_a_key_only_the_header_decides() -> None:
    gateway = Gateway(naming("a"), envelope=Nested(None))
    assert gateway.send({"action": "b"}, "a")["payload"] == "a"
    answer = gateway.send({"action": "a", "id": "7"}, "$default")
    assert (answer["error"]["message"], answer["id"]) == (NO_ROUTE, "7")


def test_the_default_handler_with_the_text(run: Run) -> None:
    router, seen = naming("a"), []

    @router.default
    async def anything(text: str, message: Message) -> str:
        seen.append((text, message.route_key, message.id))
        return "default"

    gateway = Gateway(router, run=run)
    answer = gateway.send(b'{"action": "c", "id": "7"}', "$default")
    assert answer == {"type": "reply", "action": "c", "id": "7", "payload": "default"}
    assert seen == [('{"action": "c", "id": "7"}', "c", "7")]
    assert gateway.send({"action": "a"}, "$default")["payload"] == "a"


def test_the_default_handler_with_nothing() -> None:
    router = naming("a")
    router.default(lambda: None)
    gateway = Gateway(router)
    assert gateway.raw(b"hello", "$default").body == b""
    assert gateway.send({"action": "c", "id": 1})["payload"] is None


def test_the_default_handler_with_a_payload() -> None:
    class Anything(BaseModel):
        count: int

    router = naming("a")

    @router.default
    def anything(payload: Anything) -> int:
        return payload.count

    gateway = Gateway(router)
    assert gateway.call("c", {"count": 3}) == 3
    assert gateway.call("c", {"count": "three"}) == "invalid_payload"
    answer: Any = gateway.send(b"not JSON", "$default")
    assert answer["error"]["code"] == "malformed_frame"
    flat = Gateway(router, envelope=Flat("action"))
    assert flat.send({"action": "c", "count": 3})["payload"] == 3


def test_the_default_handler_of_an_included_router() -> None:
    root, inner = naming("a"), Router()
    inner.default(lambda: "default")
    root.include(inner, "prefix.")
    assert Gateway(root).call("c") == "default"
