"""The file of TypeScript's types."""

from tests.documents import torture
from tests.documents.test_asyncapi import backwards, halls, shop
from wsrouter import Router
from wsrouter.catalog.build import build
from wsrouter.documents.typescript import typescript
from wsrouter.documents.typescript_names import typescript_names


def test_the_file() -> None:
    text = typescript(build(shop()))

    assert text.startswith("// Made by `manage.py ws_export typescript`")
    assert text.endswith(
        """\
/** What clients call: they send `payload`, and get `reply` or an error. */
export interface Routes {
  /**
   * Place an order.
   *
   * It is paid later.
   */
  "orders.place": {
    payload: OrderInput;
    reply: OrderOutput;
    errors:
      | RouteError<"sold_out", unknown>
      | RouteError<"limit", LimitDetail>
      | RouteError<"invalid_payload", Problem[] | undefined>
      | RouteError<"throttled", { retry_after: number } | undefined>
      | RouteError<"malformed_frame" | "not_authenticated" | "connection_unknown">
      | RouteError<"permission_denied" | "reply_too_large" | "internal_error">;
  };
  "orders.watch": {
    payload: Watch;
    reply: null;
    errors:
      | RouteError<"invalid_payload", Problem[] | undefined>
      | RouteError<"malformed_frame" | "internal_error">
      | RouteError<string, unknown>;
  };
}

/** What clients get at any time. */
export interface Events {
  /** An order is paid. */
  "orders.paid": OrderOutput;
}

/** The frame of an event. One that arrives twice has the same `id`. */
export type EventFrame<Name extends keyof Events = keyof Events> = {
  [K in Name]: { type: K; id: string; payload: Events[K] };
}[Name];
"""
    )


def test_groups_that_clients_join() -> None:
    text = typescript(build(halls()))

    names = (
        "`hall:${string}` | `order:${number}.${string}\\``"
        ' | `shelf:${"red" | "dark.blue"}:${"s" | "m"}:${number}`'
    )
    assert f"groups: ({names})[];" in text
    assert (
        """
  "wsrouter.leave": {
    payload: GroupNames;
    reply: LeftGroups;
    errors:
      | RouteError<"permission_denied", RefusedGroup>
"""
        in text
    )
    assert "wsrouter.join" not in typescript(build(shop()))


def test_the_order_of_registration_does_not_matter() -> None:
    for router in (shop(), torture.router):
        assert typescript(build(router)) == typescript(build(backwards(router)))


def test_a_router_without_anything() -> None:
    text = typescript(build(Router()))

    assert "export interface Routes {\n}" in text
    assert "export interface Events {\n}" in text


def test_names() -> None:
    components = ["Order", "Order.Input", "OrderInput", "shop.Item", "Routes", "9.x"]

    assert typescript_names(components) == {
        "Order": "Order",
        "Order.Input": "Order_Input",
        "OrderInput": "OrderInput",
        "shop.Item": "ShopItem",
        "Routes": "Routes2",
        "9.x": "_9X",
    }
