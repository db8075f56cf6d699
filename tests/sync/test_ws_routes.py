"""`ws_routes`: what is registered, and where."""

import io
import json
from datetime import date
from functools import partial
from pathlib import Path
from typing import Annotated, Any, Generic, Literal, TypeVar

import pytest
from django.core.management import call_command
from django.core.management.base import CommandError
from django.test import Client
from pydantic import BaseModel

from tests.django.events import serving
from tests.documents.test_asyncapi import halls
from wsrouter import Connection, Keep, Router

router = Router()


@router.route("counted")
def counted(payload: int) -> None: ...


def run(*arguments: str) -> str:
    out = io.StringIO()
    call_command("ws_routes", *arguments, stdout=out)
    return out.getvalue()


def echo() -> dict[str, object]:
    (found,) = (
        row for row in json.loads(run("--json"))["routes"] if row["key"] == "shop.echo"
    )
    return dict(found)


def test_says_what_a_route_is() -> None:
    row = echo()

    assert row["handler"] == "tests.project.shop.ws.echo"
    assert row["payload"] == row["reply"] == "str"


def test_says_where_it_is() -> None:
    file, line = str(echo()["place"]).rsplit(":", 1)

    assert file.endswith("tests/project/shop/ws.py")
    text = Path(file).read_text().splitlines()
    assert "shop.echo" in text[int(line) - 1]


def test_a_handler_that_only_acknowledges_has_no_reply() -> None:
    with serving(router):
        (row,) = json.loads(run("--json"))["routes"]

    assert (row["payload"], row["reply"]) == ("int", "")


def test_text() -> None:
    text = run()

    assert "shop.echo" in text
    assert "handler     tests.project.shop.ws.echo" in text
    assert "permissions" not in text


T = TypeVar("T")


class Line(BaseModel):
    item: str
    count: int = 1


class Order(BaseModel):
    lines: list[Line]
    note: str | None = None
    paid: Literal["cash", "card"]


def described() -> Router:
    shop = Router(tags=["orders"])

    @shop.route("orders.place", throttle="20/m per user", errors=["sold_out"])
    def place(payload: Order) -> Line: ...

    @shop.default
    def anything(text: str) -> None:
        """Any other frame."""

    shop.event("orders.paid", Order, summary="An order is paid.")
    return shop


def test_text_has_fields_throttle_events_and_the_default() -> None:
    with serving(described()):
        text = run()

    assert text.startswith("$default\n")
    assert "    summary     Any other frame.\n" in text
    fields = """\
    payload     Order
                  lines: array of Line
                  note: string or null (optional)
                  paid: "cash" or "card"
    reply       Line
                  item: string
                  count: integer
    throttle    20 in 60 s per user
    errors      sold_out
    tags        orders
"""
    assert fields in text
    _, _, events = text.partition("\nEvents\n")
    assert events.startswith("orders.paid\n    payload     Order\n")
    assert "    summary     An order is paid.\n" in events


def test_group_rules() -> None:
    with serving(halls()):
        text, found = run(), json.loads(run("--json"))

    _, _, groups = text.partition("\nGroups\n")
    assert groups.startswith(
        """\
hall:{name}
    handler     tests.documents.test_asyncapi.halls.<locals>.may_enter
    place       tests/documents/test_asyncapi.py:"""
    )
    assert (
        """
    parameters  name: str
    clients     may join
    permissions halls.enter
    login       required
    throttle    20 in 60 s per connection
order:{order_id}.{line}`
"""
        in groups
    )
    _, _, office = groups.partition("office:{name}\n")
    assert "parameters  name: str" in office
    assert "may join" not in office
    assert "halls.enter" not in office
    [hall, *_] = found["groups"]
    assert (hall["pattern"], hall["parameters"]) == ("hall:{name}", ["name: str"])


def test_what_is_kept() -> None:
    declared = Router()
    declared.event("kept", Line, keep=Keep(last=10, seconds=60), summary="Kept.")
    declared.event("passing", int)
    with serving(declared):
        text, [kept, passing] = run(), json.loads(run("--json"))["events"]

    assert (
        """
                  count: integer
    keep        last=10, seconds=60
    summary     Kept.
"""
        in text
    )
    assert text.count("keep ") == 1
    assert kept["keep"] == {"last": 10, "seconds": 60}
    assert passing["keep"] is None


def test_the_groups_of_presence() -> None:
    def lines(users: list[Any]) -> list[Line]: ...

    declared = Router()
    declared.event("passing", int)
    declared.presence("here", Line, of=lines, groups="room:{name}")
    with serving(declared):
        text, [passing, here] = run(), json.loads(run("--json"))["events"]
    assert text.count("groups      room:{name}") == 1
    assert (passing["groups"], here["groups"]) == ("", "room:{name}")


def test_a_list_has_the_fields_of_its_items() -> None:
    def lines(payload: list[list[Line]]) -> list[Line]: ...

    router = Router()
    router.route("orders.lines")(lines)
    with serving(router):
        [row] = json.loads(run("--json"))["routes"]
    assert row["payload_fields"] == ["item: string", "count: integer = 1"]
    assert row["reply_fields"] == ["item: string", "count: integer"]


class Page(BaseModel, Generic[T]):
    items: list[T]


@pytest.mark.parametrize(
    ("kind", "spelled"),
    [
        (list[Line], "list[Line]"),
        (dict[str, Line | None], "dict[str, Line | None]"),
        (list[Page[Line]] | int, "list[Page[Line]] | int"),
        (list[Literal["tests.sync.Line"]], "list[Literal['tests.sync.Line']]"),
        (tuple[date, ...], "tuple[date, ...]"),
        (Page[Line], "Page[Line]"),
        (Annotated[list[Line], "many"], "Annotated[list[Line], 'many']"),
    ],
)
def test_types_are_spelled_as_their_author_writes_them(kind: Any, spelled: str) -> None:
    def found(payload: kind) -> kind: ...

    declared = Router()
    declared.route("r")(found)
    with serving(declared):
        [row] = json.loads(run("--json"))["routes"]
    assert (row["payload"], row["reply"]) == (spelled, spelled)


def test_json_has_the_schemas_of_the_document() -> None:
    with serving(described(), DOCS="public"):
        found = json.loads(run("--json"))
        document = Client().get("/ws/asyncapi.json").json()

    [default, place], [paid] = found["routes"], found["events"]
    assert (default["key"], default["payload"]) == ("$default", "text")
    assert place["payload_schema"]["$ref"] in (
        f"#/components/schemas/{name}" for name in found["schemas"]
    )
    assert place["reply_schema"]
    assert paid["payload_schema"]
    assert found["schemas"] == document["components"]["schemas"]


def test_unknown_gateway() -> None:
    with pytest.raises(CommandError, match="nowhere"):
        run("--gateway", "nowhere")


def is_ada(connection: Connection) -> bool:
    return bool(connection.user.username == "ada")


def needing(*permissions: object, **options: bool) -> str:
    """What is said about the login of a route with these permissions."""
    declared = Router()
    declared.route("r", permissions=permissions, **options)(counted)
    with serving(declared):
        (row,) = json.loads(run("--json"))["routes"]
    return str(row["login"])


def test_a_function_decides_about_anonymous_users_itself() -> None:
    assert needing(is_ada) == ""
    assert needing("shop.view_order") == "required"
    assert needing(is_ada, "shop.view_order") == "required"
    assert needing(is_ada, login_required=True) == "required"


def test_names_what_is_inside_of_a_partial() -> None:
    """A lambda has no other name."""
    declared = Router()
    permissions = [partial(partial(is_ada)), lambda connection: True]
    declared.route("r", permissions=permissions)(counted)
    with serving(declared):
        (row,) = json.loads(run("--json"))["routes"]
    assert row["permissions"][0] == f"{__name__}.is_ada"
    assert row["permissions"][1].endswith("<lambda>")


def test_says_that_nothing_leads_to_the_routes(settings: Any) -> None:
    assert warnings() == ""
    settings.ROOT_URLCONF = __name__

    assert warnings().startswith("wsrouter.W021: No URL leads to the endpoint")


urlpatterns: list[Any] = []


def warnings() -> str:
    err = io.StringIO()
    call_command("ws_routes", "--json", stdout=io.StringIO(), stderr=err)
    return err.getvalue()
