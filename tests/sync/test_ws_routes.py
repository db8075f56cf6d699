"""`ws_routes`: what is registered, and where."""

import io
import json
from pathlib import Path
from typing import Any

import pytest
from django.core.management import call_command
from django.core.management.base import CommandError

from tests.django.events import serving
from wsrouter import Connection, Router

router = Router()


@router.route("counted")
def counted(payload: int) -> None: ...


def run(*arguments: str) -> str:
    out = io.StringIO()
    call_command("ws_routes", *arguments, stdout=out)
    return out.getvalue()


def echo() -> dict[str, object]:
    (found,) = (row for row in json.loads(run("--json")) if row["key"] == "shop.echo")
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
        (row,) = json.loads(run("--json"))

    assert (row["payload"], row["reply"]) == ("int", "")


def test_text() -> None:
    text = run()

    assert "shop.echo" in text
    assert "handler     tests.project.shop.ws.echo" in text
    assert "permissions" not in text


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
        (row,) = json.loads(run("--json"))
    return str(row["login"])


def test_a_function_decides_about_anonymous_users_itself() -> None:
    assert needing(is_ada) == ""
    assert needing("shop.view_order") == "required"
    assert needing(is_ada, "shop.view_order") == "required"
    assert needing(is_ada, login_required=True) == "required"


def test_says_that_nothing_leads_to_the_routes(settings: Any) -> None:
    assert warnings() == ""
    settings.ROOT_URLCONF = __name__

    assert warnings().startswith("wsrouter.W021: No URL leads to the endpoint")


urlpatterns: list[Any] = []


def warnings() -> str:
    err = io.StringIO()
    call_command("ws_routes", "--json", stdout=io.StringIO(), stderr=err)
    return err.getvalue()
