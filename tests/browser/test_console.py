"""The console in a browser, under a Content-Security-Policy and with hashed files."""

import shutil
import subprocess
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, Locator, Page, expect

from tests.browser.conftest import OFFLINE  # noqa: F401  # the browser's fixtures
from tests.browser.console_site import ConsoleSite
from tests.programs import program

HERE = Path(__file__).parent
END_CONNECTIONS = """
from wsrouter import connections
from wsrouter.models import OpenConnection
for row in OpenConnection.objects.all():
    connections.get(row.connection_id).close()
"""
FORGET = """
from wsrouter.models import OpenConnection
OpenConnection.objects.all().delete()
"""


@pytest.fixture(scope="module")
def axe(tmp_path_factory: pytest.TempPathFactory) -> str:
    """The program that finds what people with a screen reader or a keyboard miss."""
    folder = tmp_path_factory.mktemp("node")
    for name in ("package.json", "package-lock.json"):
        shutil.copy(HERE / name, folder)
    command = [program("npm"), "ci", "--no-audit", "--no-fund", "--ignore-scripts"]
    subprocess.run(command, cwd=folder, check=True, timeout=300)
    return (folder / "node_modules" / "axe-core" / "axe.min.js").read_text()


@pytest.fixture(scope="module")
def console(
    browser: Browser, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[ConsoleSite]:
    pytest.importorskip("whitenoise")
    with ConsoleSite(tmp_path_factory.mktemp("console")).running() as running:
        yield running


Open = Callable[..., Page]


@pytest.fixture
def opened(browser: Browser) -> Iterator[Open]:
    """Opens the console of a site, logged in as `user`. No page has written an error
    or a warning when the test ends, but what the test took out of `page.errors`."""
    with ExitStack() as leaving:
        errors: list[str] = []

        def one(site: ConsoleSite, user: str = "ada", path: str = "/ws/docs/") -> Page:
            context = browser.new_context(locale="en-GB")
            leaving.callback(context.close)
            context.set_default_timeout(15_000)
            if user:
                context.request.get(f"{site.url}/log-in/{user}/")
            context.on("weberror", lambda error: errors.append(str(error.error)))
            context.on(
                "console",
                lambda message: (
                    errors.append(message.text)
                    if message.type in ("error", "warning")
                    else None
                ),
            )
            page = context.new_page()
            page.goto(site.url + path)
            expect(page.locator("body")).to_have_attribute("data-ready", "yes")
            page.errors = errors  # type: ignore[attr-defined]
            return page

        yield one
        assert errors == []


def connect(page: Page) -> None:
    page.get_by_role("button", name="Connect", exact=True).click()
    expect(page.locator("#state")).to_have_text("Connected")


def choose(page: Page, key: str) -> None:
    page.locator(".outline").get_by_role("button", name=key, exact=True).click()
    expect(page.locator("#entry h2")).to_have_text(key)


def send(page: Page) -> Locator:
    page.get_by_role("button", name="Send", exact=True).click()
    return page.locator("#entry .outcome")


def field(page: Page, name: str) -> Locator:
    return page.locator("#entry").get_by_label(name, exact=True)


def frame(page: Page, kind: str) -> Locator:
    return page.locator(f"#frames > li.{kind}")


def fill_order(page: Page) -> None:
    choose(page, "orders.place")
    field(page, "item").fill("tea")
    field(page, "count").fill("2")
    page.get_by_label("Kind").first.select_option("card")
    field(page, "number").fill("1234")


def test_a_nested_form_is_sent_and_answered(console: ConsoleSite, opened: Open) -> None:
    page = opened(console)
    connect(page)
    fill_order(page)
    page.get_by_label("Send size").check()
    field(page, "size").select_option("large")
    page.get_by_role("button", name="Add an item").click()
    field(page, "item").nth(1).fill("cake")
    field(page, "count").nth(1).fill("3")
    page.get_by_label("Send labels").check()
    page.get_by_role("button", name="Add a key").click()
    page.get_by_label("Key").fill("table")
    field(page, "Value").fill("7")
    expect(send(page)).to_contain_text("Answered in")

    expect(frame(page, "reply")).to_contain_text("orders.place")
    expect(frame(page, "reply").locator(".took")).to_contain_text("ms")
    expect(frame(page, "event")).to_contain_text("orders.paid")
    frame(page, "reply").locator("summary").click()
    expect(frame(page, "reply").locator("pre")).to_contain_text('"total": 5')
    frame(page, "sent").locator("summary").click()
    sent = frame(page, "sent").locator("pre")
    for text in ('"size": "large"', '"table": 7', '"kind": "card"'):
        expect(sent).to_contain_text(text)


def test_what_the_server_refuses_is_said_at_the_fields(
    console: ConsoleSite, opened: Open
) -> None:
    page = opened(console)
    connect(page)
    fill_order(page)
    field(page, "count").fill("many")
    field(page, "number").fill("12")
    expect(send(page)).to_contain_text("invalid_payload")
    for name, problem in (("count", "valid integer"), ("number", "match pattern")):
        expect(field(page, name)).to_have_attribute("aria-invalid", "true")
        described = field(page, name).get_attribute("aria-describedby") or ""
        [_, problem_id] = described.split()
        expect(page.locator(f"#{problem_id}")).to_contain_text(problem)
    expect(field(page, "count")).to_be_focused()
    field(page, "count").fill("2")
    field(page, "number").fill("1234")
    expect(send(page)).to_contain_text("Answered in")
    expect(page.locator("[aria-invalid=true]")).to_have_count(0)

    field(page, "item").fill("coffee")
    expect(send(page)).to_have_text("sold_out: There is no coffee today.")
    choose(page, "orders.cancel")
    field(page, "payload").fill("1")
    expect(send(page)).to_contain_text("permission_denied")


def test_the_json_twin(console: ConsoleSite, opened: Open) -> None:
    page = opened(console)
    connect(page)
    fill_order(page)
    page.get_by_role("button", name="JSON", exact=True).click()
    text = page.get_by_label("Payload as JSON")
    expect(text).to_have_value(
        '{\n  "lines": [\n    {\n      "item": "tea",\n      "count": 2\n    }\n  ],\n'
        '  "payment": {\n    "kind": "card",\n    "number": "1234"\n  }\n}'
    )
    text.fill('{"lines": [{"item": "a", "count": 1}], "payment": {"kind": "cash",')
    expect(send(page)).to_contain_text("This is no JSON")
    text.fill(
        '{"lines": [{"item": "a", "count": 1}, {"item": "b", "count": 2}],'
        ' "payment": {"kind": "cash", "given": 5}, "note": null}'
    )
    page.get_by_role("button", name="Form", exact=True).click()
    expect(field(page, "item").nth(1)).to_have_value("b")
    expect(field(page, "given")).to_have_value("5")
    expect(page.get_by_label("Send note")).to_be_checked()
    expect(send(page)).to_contain_text("Answered in")

    page.get_by_role("button", name="JSON", exact=True).click()
    text.fill('{"lines": "none"}')
    page.get_by_role("button", name="Form", exact=True).click()
    expect(page.locator("#entry [role=alert]")).to_contain_text("cannot show this")
    expect(send(page)).to_contain_text("invalid_payload")
    expect(page.locator("#entry .problems")).to_contain_text("lines: Input should be")


def test_a_model_that_contains_itself(console: ConsoleSite, opened: Open) -> None:
    page = opened(console)
    connect(page)
    choose(page, "menu.change")
    field(page, "name").fill("tea")
    page.get_by_label("Send children").check()
    page.get_by_role("button", name="Add an item").click()
    field(page, "name").nth(1).fill("green")
    expect(send(page)).to_contain_text("Answered in")
    frame(page, "reply").locator("summary").click()
    expect(frame(page, "reply").locator("pre")).to_contain_text('"name": "green"')


def test_other_frames_go_to_the_default_route(
    console: ConsoleSite, opened: Open
) -> None:
    page = opened(console)
    connect(page)
    choose(page, "$default")
    page.get_by_label("Frame", exact=True).fill("hello")
    expect(send(page)).to_have_text("Sent.")
    expect(frame(page, "reply")).to_be_visible()


def test_history_and_filter(console: ConsoleSite, opened: Open) -> None:
    page = opened(console)
    connect(page)
    fill_order(page)
    expect(send(page)).to_contain_text("Answered in")
    choose(page, "menu.show")
    expect(send(page)).to_contain_text("Answered in")
    page.get_by_label("Filter the frames").fill("menu")
    expect(page.locator("#frames > li:visible")).to_have_count(2)
    page.get_by_label("Filter the frames").fill("")
    page.reload()
    expect(page.locator("#history li")).to_have_count(2)
    page.locator("#history").get_by_role("button", name="orders.place").click()
    expect(page.locator("#entry h2")).to_have_text("orders.place")
    expect(field(page, "item")).to_have_value("tea")
    page.get_by_label("Search").fill("cancel")
    expect(page.locator("#count")).to_have_text("1 of 7")
    page.get_by_label("Search").press("Enter")
    expect(page.locator("#entry h2")).to_have_text("orders.cancel")


def test_with_a_ticket(console: ConsoleSite, opened: Open) -> None:
    page = opened(console)
    sockets: list[str] = []
    page.on("websocket", lambda socket: sockets.append(socket.url))
    page.get_by_label("with a ticket").check()
    connect(page)
    assert "?ticket=" in sockets[0]
    choose(page, "menu.show")
    expect(send(page)).to_contain_text("Answered in")


def test_somebody_who_is_not_logged_in(console: ConsoleSite, opened: Open) -> None:
    page = opened(console, user="")
    page.get_by_role("button", name="Connect", exact=True).click()
    expect(page.locator("#message")).to_contain_text("are you logged in?")
    page.get_by_label("with a ticket").check()
    page.get_by_role("button", name="Connect", exact=True).click()
    expect(page.locator("#message")).to_contain_text("you are not logged in on")
    # What Chromium itself says of the two refusals.
    refused = [text for text in page.errors if "failed" in text or "401" in text]  # type: ignore[attr-defined]
    assert len(refused) == 2
    for text in refused:
        page.errors.remove(text)  # type: ignore[attr-defined]


def test_it_reconnects_by_itself(console: ConsoleSite, opened: Open) -> None:
    page = opened(console)
    connect(page)
    console.shell(END_CONNECTIONS)
    expect(frame(page, "mark").nth(1)).to_contain_text("Reconnecting. Closed with 1000")
    expect(frame(page, "mark").nth(2)).to_contain_text("Connected")
    choose(page, "menu.show")
    expect(send(page)).to_contain_text("Answered in")
    page.get_by_role("button", name="Disconnect").click()
    expect(page.locator("#state")).to_have_text("Not connected")
    expect(send(page)).to_have_text("Connect first.")


def test_errors_of_api_gateway_are_explained(
    console: ConsoleSite, opened: Open
) -> None:
    page = opened(console)
    connect(page)
    choose(page, "menu.show")
    explained = page.evaluate(
        """async () => {
          const { explainFrame } = await import(document.body.dataset.moduleExplain);
          const ids = {connectionId: "a=", requestId: "b="};
          return ["Forbidden", "Internal server error", "Bad request body", "Odd"].map(
            (message) => explainFrame({message, ...ids}));
        }"""
    )
    words = ("no route", "got no answer", "VALIDATE_AT_GATEWAY", "API Gateway's own")
    for text, word in zip(explained, words, strict=True):
        assert word in text


def test_copy_as_javascript(console: ConsoleSite, opened: Open) -> None:
    page = opened(console)
    page.context.grant_permissions(["clipboard-read", "clipboard-write"])
    fill_order(page)
    page.get_by_role("button", name="Copy as JavaScript").click()
    expect(page.locator("#entry .outcome")).to_have_text("Copied.")
    copied = page.evaluate("navigator.clipboard.readText()")
    assert f'new WebSocket("ws://127.0.0.1:{console.port}/production")' in copied
    assert '"item": "tea"' in copied


def test_the_keyboard_is_enough(console: ConsoleSite, opened: Open) -> None:
    page = opened(console)
    page.keyboard.press("Tab")
    expect(page.get_by_role("link", name="Skip to the form")).to_be_focused()
    for _ in range(20):
        page.keyboard.press("Tab")
        if page.evaluate("document.activeElement.id") == "connect":
            break
    page.keyboard.press("Enter")
    expect(page.locator("#state")).to_have_text("Connected")
    page.get_by_label("Search").focus()
    page.keyboard.type("menu.show")
    page.keyboard.press("Enter")
    expect(page.locator("#entry h2")).to_be_focused()
    page.keyboard.press("Tab")
    page.keyboard.press("Enter")
    expect(page.locator("#announcement")).to_contain_text("reply menu.show")


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_axe_finds_nothing(
    console: ConsoleSite, opened: Open, axe: str, scheme: Any
) -> None:
    page = opened(console)
    page.emulate_media(color_scheme=scheme)
    connect(page)
    fill_order(page)
    field(page, "count").fill("many")
    page.get_by_label("Send labels").check()
    page.get_by_role("button", name="Add a key").click()
    page.get_by_label("Send note").check()
    expect(send(page)).to_contain_text("invalid_payload")
    page.locator("#entry summary").first.click()
    for entry in ("orders.place", "orders.paid", "$default"):
        choose(page, entry)
        assert violations(page, axe) == []
    page.set_viewport_size({"width": 390, "height": 800})
    assert violations(page, axe) == []
    assert page.evaluate("document.documentElement.scrollWidth") <= 390


def violations(page: Page, axe: str) -> list[Any]:
    page.evaluate(axe)
    found = page.evaluate("axe.run().then(({violations}) => violations)")
    return [(one["id"], [node["html"] for node in one["nodes"]]) for one in found]
