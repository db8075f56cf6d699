"""What documents need to know of routes and events."""

from pydantic import BaseModel

from wsrouter import Connection, Router
from wsrouter.catalog.build import build
from wsrouter.catalog.routes import ErrorSpec, EventSpec, RouteSpec
from wsrouter.routing.throttle import Rate


class Limit(BaseModel):
    limit: int


def spec(router: Router) -> RouteSpec:
    (found,) = build(router).routes
    return found


def place(payload: int, connection: Connection) -> str:
    """Place an order.

    It is paid later.

        indented
    """
    return ""


def quiet() -> None: ...


def test_all_of_a_route() -> None:
    router = Router(tags=["shop"])
    router.route(
        "place",
        permissions=["orders.add_order"],
        throttle="20/m per user",
        tags=["shop", "orders"],
        errors=["sold_out", ("limit", Limit)],
    )(place)

    found = spec(router)

    assert found.summary == "Place an order."
    assert found.description == "It is paid later.\n\n    indented"
    assert found.tags == ("shop", "orders")
    assert found.throttle == Rate(limit=20, seconds=60, scope="user")
    assert found.needs_connection
    assert found.errors == (
        ErrorSpec(code="sold_out"),
        ErrorSpec(code="limit", detail=Limit),
    )
    assert found.library_codes == (
        "malformed_frame",
        "invalid_payload",
        "not_authenticated",
        "connection_unknown",
        "permission_denied",
        "throttled",
        "reply_too_large",
        "internal_error",
    )


def test_a_route_that_asks_for_nothing() -> None:
    router = Router()
    router.route("quiet")(quiet)

    found = spec(router)

    assert found.library_codes == ("malformed_frame", "internal_error")
    assert found.errors is None


def test_a_summary_leaves_the_docstring_whole() -> None:
    router = Router()
    router.route("place", summary="Order")(place)

    found = spec(router)

    assert found.summary == "Order"
    assert found.description.startswith("Place an order.\n\nIt is paid later.")


def test_events() -> None:
    router = Router(tags=["limits", "shop"])
    router.event("limit.reached", Limit, tags=["shop", "more"], summary="Too much.")
    root = Router(tags=["all"])
    root.include(router)

    assert build(root).events == (
        EventSpec(
            name="limit.reached",
            model=Limit,
            summary="Too much.",
            tags=("all", "limits", "shop", "more"),
        ),
    )


def test_the_default_handler_takes_text_or_a_payload() -> None:
    def raw(text: str) -> None: ...

    def typed(payload: Limit) -> None: ...

    for handler, takes_text in ((raw, True), (typed, False)):
        router = Router()
        router.default(handler)
        (found,) = build(router).hooks
        assert found.takes_text is takes_text
