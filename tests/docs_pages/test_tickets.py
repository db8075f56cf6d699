"""docs/howto/tickets.md: a JWT gets a ticket whose connection ends with it. The views
of DRF and Ninja are in tests/docs_site, whose session installs them."""

import json
import subprocess
from datetime import UTC, datetime, timedelta
from pathlib import Path
from types import ModuleType
from typing import Any

import jwt
import pytest
from django.contrib.auth.models import User
from django.core.cache import cache
from django.http import HttpResponse
from django.test import RequestFactory

import wsrouter
from tests.django.events import serving
from tests.docs_pages.blocks import blocks, install
from tests.programs import program
from wsrouter import Connection, Router
from wsrouter.models import OpenConnection
from wsrouter.testing import WebSocketClient

PAGE = "howto/tickets.md"
KEY = "a key of thirty-two bytes, or more"
CLIENT = Path(wsrouter.__file__).parent / "static" / "wsrouter" / "client.js"
DRAW = """
import { ticketWith } from "./shop/socket.js";
globalThis.fetch = async (url, { method, headers }) => ({
  ok: `${method} ${url} ${headers.Authorization}` === "POST /api/ticket Bearer good",
  status: 401,
  json: async () => ({ ticket: "T" }),
});
const found = [await ticketWith(async () => "good")()];
const refuse = ({ name, status }) => found.push([name, status]);
await ticketWith(() => "bad")().catch(refuse);
console.log(JSON.stringify(found));
"""
router = Router()


@router.route("who")
def who(connection: Connection) -> str:
    return str(connection.user.get_username())


@pytest.fixture
def ada(db: None) -> User:
    cache.clear()
    return User.objects.create_user("ada")


@pytest.fixture
def view(monkeypatch: pytest.MonkeyPatch, settings: Any) -> ModuleType:
    settings.JWT_KEY = KEY
    others = ("api/drf.py", "api/ninja.py")
    return install(monkeypatch, PAGE, without=others)["api/jwt.py"]


def token(**changes: Any) -> str:
    claims = {
        "sub": "ada",
        "aud": "shop",
        "iss": "https://login.example.com/",
        "exp": datetime.now(UTC) + timedelta(minutes=5),
    }
    return jwt.encode(claims | changes, KEY, algorithm="HS256")


def asked(view: ModuleType, authorization: str) -> HttpResponse:
    headers = {"Authorization": authorization}
    with serving(router):
        found: HttpResponse = view.ticket(RequestFactory().post("/", headers=headers))
    return found


def test_a_jwt_gets_a_ticket_for_as_long_as_it_holds(
    view: ModuleType, ada: User
) -> None:
    end = datetime.now(UTC).replace(microsecond=0) + timedelta(seconds=90)
    answer = json.loads(asked(view, f"Bearer {token(exp=end)}").content)
    with serving(router):
        client = WebSocketClient().connect(query=f"ticket={answer['ticket']}")
        assert client.call("who") == "ada"
    assert OpenConnection.objects.get().expires_at == end


@pytest.mark.parametrize(
    "changes",
    [
        {"aud": "another shop"},
        {"iss": "https://evil.example/"},
        {"exp": datetime.now(UTC) - timedelta(seconds=1)},
        {"sub": "nobody"},
    ],
    ids=lambda changes: next(iter(changes)),
)
def test_what_is_not_for_us_is_refused(
    view: ModuleType, ada: User, changes: dict[str, Any]
) -> None:
    assert asked(view, f"Bearer {token(**changes)}").status_code == 401


def test_a_token_of_another_algorithm_or_kind(view: ModuleType, ada: User) -> None:
    unsigned = jwt.encode({"sub": "ada"}, None, algorithm="none")
    for authorization in (f"Bearer {unsigned}", f"Basic {token()}", ""):
        assert asked(view, authorization).status_code == 401


@pytest.mark.usefixtures("one_window")
def test_too_many_tickets(view: ModuleType, ada: User) -> None:
    for _ in range(20):
        assert asked(view, f"Bearer {token()}").status_code == 200
    assert asked(view, f"Bearer {token()}").status_code == 429


def test_the_page_draws_tickets(tmp_path: Path) -> None:
    (block,) = blocks(PAGE, "js")
    for name, text in {
        "shop/socket.js": block.text,
        "wsrouter/client.js": CLIENT.read_text(),
        "package.json": '{"type": "module"}',
        "draw.js": DRAW,
    }.items():
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_text(text)
    command = [program("node"), "draw.js"]
    printed = subprocess.check_output(command, cwd=tmp_path, text=True, timeout=60)
    assert json.loads(printed) == ["T", ["TicketError", 401]]
