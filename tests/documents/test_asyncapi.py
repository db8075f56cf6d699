"""AsyncAPI documents, read by the official parser."""

import json
import os
import subprocess
import sys
from enum import Enum
from pathlib import Path
from typing import Annotated, Any, Literal, NamedTuple

from hypothesis import given, settings
from pydantic import BaseModel, ConfigDict, Field

from tests.documents import torture
from tests.documents.documented import AUTHORIZER, document, references
from tests.documents.generated import kinds
from wsrouter import Connection, Router
from wsrouter.documents.envelopes import EVENT_ID
from wsrouter.documents.json_text import json_text

ROOT = Path(__file__).parents[2]
SCHEMES = "#/components/securitySchemes/authorizer."


class Order(BaseModel):
    model_config = ConfigDict(
        json_schema_extra={"examples": [{"sku": "tea"}, {"sku": 7}]}
    )
    sku: str
    quantity: int = 1


class Watch(BaseModel):
    order_id: int = Field(examples=[7, 8])
    note: str = ""


class Colour(Enum):
    RED = "red"
    DARK_BLUE = "dark.blue"


class LimitDetail(BaseModel):
    limit: int


def shop() -> Router:
    router = Router(tags=["orders"])

    @router.route(
        "orders.place",
        permissions=["shop.add_order"],
        throttle="20/m per user",
        errors=["sold_out", ("limit", LimitDetail)],
    )
    def place(payload: Order, connection: Connection) -> Order:
        """Place an order.

        It is paid later.
        """
        return payload

    @router.route("orders.watch")
    def watch(payload: Watch) -> None: ...

    router.event("orders.paid", Order, summary="An order is paid.", tags=["money"])
    return router


def halls() -> Router:
    router = Router(permissions=["halls.enter"])

    @router.group("hall:{name}", client_may_join=True, throttle="20/m")
    def may_enter(name: str) -> bool:
        return True

    @router.group("order:{order_id}.{line}`", client_may_join=True)
    def may_watch(order_id: int, line: str) -> bool:
        return True

    @router.group("shelf:{colour}:{size}:{row}", client_may_join=True)
    def may_see(
        colour: Colour, size: Literal["s", "m"], row: Annotated[int, Field(ge=0)]
    ) -> bool:
        return True

    @router.group("office:{name}")
    def may_work(name: str) -> bool:
        return True

    return router


def message(found: dict[str, Any], name: str) -> Any:
    return found["channels"]["socket"]["messages"][name]


def test_a_route() -> None:
    found = document(shop())
    place = found["operations"]["receive.orders.place"]

    assert place["action"] == "receive"
    assert place["summary"] == "Place an order."
    assert place["description"] == "It is paid later."
    assert place["tags"] == [{"name": "orders"}]
    assert place["reply"]["messages"] == [
        {"$ref": "#/channels/socket/messages/reply.orders.place"},
        {"$ref": "#/channels/socket/messages/error.orders.place"},
    ]
    assert place["security"] == [
        {"$ref": "#/components/securitySchemes/session"},
        {"$ref": "#/components/securitySchemes/ticket"},
    ]
    assert place["x-wsrouter"] == {
        "login": "required",
        "permissions": ["shop.add_order"],
        "throttle": {"limit": 20, "seconds": 60, "per": "user"},
    }
    request = message(found, "message.orders.place")["payload"]
    assert request["properties"]["action"] == {"const": "orders.place"}
    assert request["properties"]["payload"] == {
        "$ref": "#/components/schemas/Order.Input"
    }
    assert request["required"] == ["action", "payload"]


def test_input_and_output_differ() -> None:
    schemas = document(shop())["components"]["schemas"]

    assert schemas["Order.Input"]["required"] == ["sku"]
    assert schemas["Order.Output"]["required"] == ["sku", "quantity"]


def test_groups_that_clients_join() -> None:
    found = document(halls())

    assert list(found["operations"]) == [
        "receive.wsrouter.join",
        "receive.wsrouter.leave",
        "send.errors",
    ]
    names = found["components"]["schemas"]["GroupNames"]["properties"]["groups"]
    hall, line, shelf = names["items"]["anyOf"]
    assert (names["minItems"], names["maxItems"]) == (1, 50)
    assert (hall["pattern"], line["pattern"]) == (
        "^hall:[^:]+$",
        r"^order:(0|-?[1-9][0-9]*)\.[^:]+`$",
    )
    assert line["x-wsrouter-group"] == {
        "pattern": "order:{order_id}.{line}`",
        "parameters": {"order_id": "integer", "line": "string"},
    }
    assert shelf["pattern"] == r"^shelf:(red|dark\.blue):(s|m):(0|-?[1-9][0-9]*)$"
    assert shelf["x-wsrouter-group"]["parameters"] == {
        "colour": ["red", "dark.blue"],
        "size": ["s", "m"],
        "row": "integer",
    }
    joined = message(found, "reply.wsrouter.join")["payload"]["properties"]["payload"]
    assert joined == {"$ref": "#/components/schemas/JoinedGroups"}
    assert "office" not in json_text(found)
    assert "wsrouter.join" not in json_text(document(shop()))


def test_an_event() -> None:
    found = document(shop())

    assert found["operations"]["send.orders.paid"] == {
        "action": "send",
        "channel": {"$ref": "#/channels/socket"},
        "title": "orders.paid",
        "summary": "An order is paid.",
        "tags": [{"name": "orders"}, {"name": "money"}],
        "messages": [{"$ref": "#/channels/socket/messages/event.orders.paid"}],
    }
    assert message(found, "event.orders.paid")["payload"] == {
        "type": "object",
        "properties": {
            "type": {"const": "orders.paid"},
            "id": EVENT_ID,
            "payload": {"$ref": "#/components/schemas/Order.Output"},
        },
        "required": ["type", "id", "payload"],
    }


def codes(found: dict[str, Any], name: str) -> list[str]:
    content = message(found, name)["payload"]["properties"]["error"]
    listed = [
        choice["properties"]["code"] for choice in content.get("anyOf", [content])
    ]
    return [
        code
        for choice in listed
        for code in choice.get("enum", [choice.get("const", "any other")])
    ]


def test_errors_are_those_that_can_come() -> None:
    found = document(shop())

    assert codes(found, "error.orders.place") == [
        "limit",
        "invalid_payload",
        "throttled",
        "malformed_frame",
        "not_authenticated",
        "connection_unknown",
        "permission_denied",
        "reply_too_large",
        "internal_error",
        "sold_out",
    ]
    assert codes(found, "error.orders.watch") == [
        "invalid_payload",
        "malformed_frame",
        "internal_error",
        "any other",
    ]
    assert codes(found, "error.unrouted") == ["malformed_frame", "unknown_route"]


def test_examples_are_those_that_pydantic_accepts() -> None:
    found = document(shop())

    assert message(found, "message.orders.place")["examples"] == [
        {"payload": {"action": "orders.place", "id": "1", "payload": {"sku": "tea"}}}
    ]
    assert message(found, "reply.orders.place")["examples"] == [
        {
            "payload": {
                "type": "reply",
                "action": "orders.place",
                "id": "1",
                "payload": {"sku": "tea", "quantity": 1},
            }
        }
    ]
    assert message(found, "message.orders.watch")["examples"] == [
        {
            "payload": {
                "action": "orders.watch",
                "id": "1",
                "payload": {"order_id": 7, "note": ""},
            }
        }
    ]


def test_the_flat_envelope() -> None:
    found = document(
        shop(), envelope="flat", route_selection_expression="$request.body.type"
    )
    request = message(found, "message.orders.place")

    assert list(request["payload"]["properties"]) == ["type", "id", "sku", "quantity"]
    assert request["payload"]["required"] == ["type", "sku"]
    assert request["examples"] == [
        {"payload": {"type": "orders.place", "id": "1", "sku": "tea"}}
    ]


def test_servers_and_security() -> None:
    found = document(shop(), authorizer=AUTHORIZER)

    assert found["servers"] == {
        "production": {
            "host": "ws.example.com",
            "protocol": "wss",
            "pathname": "/shop",
            "description": "Live.",
            "security": [
                {"$ref": SCHEMES + "query.token"},
                {"$ref": SCHEMES + "header.Authorization"},
            ],
        },
        "local": {
            "host": "127.0.0.1:8001",
            "protocol": "ws",
            "pathname": "/production",
            "security": found["servers"]["production"]["security"],
        },
    }
    query = found["channels"]["socket"]["bindings"]["ws"]["query"]["properties"]
    assert list(query) == ["ticket", "token"]


def test_the_version_is_that_of_the_settings() -> None:
    assert document(shop())["info"]["version"] == "1.0.0"
    assert document(shop(), api_version="2.1.0")["info"]["version"] == "2.1.0"


def test_two_models_of_one_name_have_qualified_names() -> None:
    names = set(document(torture.router)["components"]["schemas"])

    assert "tests.documents.torture.Item" in names
    assert "tests.documents.namesake.Item" in names
    assert "Item" not in names
    assert "Page_Tree.Input" in names


def test_schemas_refer_to_components_only() -> None:
    text = json.dumps(found := document(torture.router))

    assert "$defs" not in text
    assert "discriminator" not in text
    assert "x-wsrouter-type" not in text
    for reference in references(found):
        value: Any = found
        for part in reference.removeprefix("#/").split("/"):
            value = value[part]


def backwards(router: Router) -> Router:
    turned = Router(tags=router.tags)
    turned.routes = router.routes[::-1]
    turned.events = router.events[::-1]
    turned.defaults = router.defaults
    return turned


def test_the_order_of_registration_does_not_matter() -> None:
    for router in (shop(), torture.router):
        assert json_text(document(router)) == json_text(document(backwards(router)))


def place_of(kind: Any) -> Any:
    class Place(NamedTuple):
        at: kind

    return Place


def test_the_order_does_not_matter_for_classes_of_one_qualified_name() -> None:
    router = Router()
    for number, kind in enumerate((int, str, float)):
        router.event(f"told.{number}", place_of(kind))

    assert json_text(document(router)) == json_text(document(backwards(router)))


def test_a_new_route_renames_nothing() -> None:
    before = set(document(torture.router)["components"]["schemas"])
    more = backwards(torture.router)
    more.route("aaa")(torture.page)
    more.event("aaa", torture.Page[torture.namesake.Item])

    assert set(document(more)["components"]["schemas"]) == before


def test_every_process_writes_the_same_bytes() -> None:
    program = (
        "from tests.documents import torture, documented;"
        "from wsrouter.documents.json_text import json_text;"
        "print(json_text(documented.document(torture.router)), end='')"
    )
    texts = {
        subprocess.check_output(
            [sys.executable, "-c", program],
            cwd=ROOT,
            env={
                **os.environ,
                "PYTHONHASHSEED": seed,
                "PYTHONPATH": os.pathsep.join([str(ROOT), *sys.path]),
            },
        )
        for seed in ("1", "2")
    }
    assert texts == {json_text(document(torture.router)).encode()}


@settings(max_examples=40, deadline=None)
@given(kind=kinds())
def test_a_document_is_always_made_and_always_the_same(kind: Any) -> None:
    router = Router()
    router.event("told", kind)

    assert json_text(document(router)) == json_text(document(router))
