"""The three kinds of clients in the example's README, on real sockets."""

import json
from collections.abc import Iterator
from http.cookiejar import CookieJar
from pathlib import Path
from urllib.parse import urlencode
from urllib.request import HTTPCookieProcessor, OpenerDirector, Request, build_opener

import pytest

from tests.e2e.ws_local_stack import TIMEOUT_SECONDS, Stack, eventually, started
from wsrouter.client import ConnectionRefused, State
from wsrouter.client.sync import Client, connect

PROJECT = Path(__file__).parents[2] / "examples" / "identities"
DATABASE = """
from django.contrib.auth.models import User
from django.core.management import call_command
call_command("migrate", verbosity=0)
User.objects.create_user("ada", password="analytical")
User.objects.create_user("device-4711")
"""
DEVICES = ["--gateway", "devices", "--principal", "device:{0}"]


class Browser:
    """Keeps cookies, and sends forms with Django's token."""

    def __init__(self, stack: Stack) -> None:
        self.jar = CookieJar()
        self._opener: OpenerDirector = build_opener(HTTPCookieProcessor(self.jar))
        self._url = f"http://127.0.0.1:{stack.django_port}"

    def get(self, path: str) -> str:
        with self._opener.open(self._url + path, timeout=TIMEOUT_SECONDS) as answer:
            return str(answer.read().decode())

    def post(self, path: str, **form: str) -> str:
        form["csrfmiddlewaretoken"] = self.cookies()["csrftoken"]
        request = Request(self._url + path, urlencode(form).encode())
        with self._opener.open(request, timeout=TIMEOUT_SECONDS) as answer:
            return str(answer.read().decode())

    def cookies(self) -> dict[str, str]:
        return {cookie.name: str(cookie.value) for cookie in self.jar}


def prepared(folder: Path) -> Stack:
    database = folder / "db.sqlite3"
    variables = {"EXAMPLE_DATABASE": str(database)}
    stack = Stack(database, project=PROJECT, variables=variables)
    done = stack.manage("shell", "--command", DATABASE)
    assert done.returncode == 0, done.stderr
    return stack


@pytest.fixture(scope="module")
def stack(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stack]:
    with started(prepared(tmp_path_factory.mktemp("identities"))) as stack:
        yield stack


@pytest.fixture
def browser(stack: Stack) -> Browser:
    browser = Browser(stack)
    browser.get("/")
    assert "The socket says" in browser.post(
        "/login/?next=/", username="ada", password="analytical"
    )
    return browser


def me(client: Client) -> str:
    return str(client.call("me")["name"])


def attempt(stack: Stack, query: str = "", **sent: str) -> str:
    """The name of the user, or the status with which the handshake was refused."""
    try:
        with connect(stack.url + query, headers=sent) as client:
            return me(client)
    except ConnectionRefused as refusal:
        return str(refusal.status)


def test_a_page_has_its_session_until_that_ends(stack: Stack, browser: Browser) -> None:
    cookie = f"sessionid={browser.cookies()['sessionid']}"
    with connect(stack.url, headers={"Cookie": cookie}) as client:
        assert me(client) == "ada"
        browser.post("/logout/")
        eventually(lambda: client.state is State.REFUSED)
    assert attempt(stack, Cookie=cookie) == "401"


def test_a_page_may_take_a_ticket_instead(stack: Stack, browser: Browser) -> None:
    ticket = json.loads(browser.post("/ws/ticket/"))["ticket"]
    assert attempt(stack, f"?ticket={ticket}") == "ada"
    assert attempt(stack, f"?ticket={ticket}") == "401"


def test_an_app_exchanges_its_token_for_a_ticket(stack: Stack) -> None:
    opener = build_opener()
    url = f"http://127.0.0.1:{stack.django_port}/api"
    given = b'{"name": "ada", "password": "analytical"}'
    with opener.open(
        Request(f"{url}/token/", given), timeout=TIMEOUT_SECONDS
    ) as answer:
        bearer = {"Authorization": f"Bearer {json.load(answer)['token']}"}
    request = Request(f"{url}/ticket/", b"", bearer)
    with opener.open(request, timeout=TIMEOUT_SECONDS) as answer:
        ticket = json.load(answer)["ticket"]
    assert attempt(stack, f"?ticket={ticket}") == "ada"
    assert attempt(stack, f"?ticket={ticket}") == "401"
    assert attempt(stack) == "401"


def test_a_device_is_named_by_the_authorizer(tmp_path: Path) -> None:
    options = [*DEVICES, "--aws", "client-header=wins"]
    with started(prepared(tmp_path), *options) as stack:
        assert "every client has the principal 'device:{0}'" in stack.log
        assert attempt(stack, "?serial=4711") == "device-4711"
        assert attempt(stack, "?serial=1") == "401"
        assert attempt(stack) == "401"
        forged = {"X-Wsrouter-Principal-Id": "device:4711"}
        assert attempt(stack, "?serial=1", **forged) == "403"
