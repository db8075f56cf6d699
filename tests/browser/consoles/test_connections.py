"""Connections of the console, and what it remembers."""

import sqlite3
from contextlib import closing

from playwright.sync_api import Browser, expect

from tests.browser.console_page import (
    Open,
    choose,
    connect,
    field,
    fill_order,
    frame,
    send,
)
from tests.browser.console_site import ConsoleSite

END_CONNECTIONS = """
from wsrouter import connections
from wsrouter.models import OpenConnection
for row in OpenConnection.objects.all():
    connections.get(row.connection_id).close()
"""
ALLOW_TESTS = """
from django.contrib.auth.models import Permission, User
User.objects.create_user("tess").user_permissions.add(
    Permission.objects.get(codename="send_test_event")
)
"""


def test_an_event_is_sent_to_one_connection(console: ConsoleSite, opened: Open) -> None:
    console.shell(ALLOW_TESTS)
    page = opened(console)
    connect(page)
    with closing(sqlite3.connect(console.folder / "db.sqlite3")) as database:
        rows = "SELECT connection_id FROM wsrouter_openconnection ORDER BY id DESC"
        [name] = database.execute(rows).fetchone()
    address = f"/ws/docs/?connection={name}#orders.paid"
    theirs = opened(console, user="tess", path=address)
    expect(theirs.locator("#entry .sender")).to_contain_text(name)
    field(theirs, "total").fill("7")
    field(theirs, "customer").fill("ada")
    theirs.get_by_role("button", name="Send as a test").click()
    expect(theirs.locator("#entry .outcome")).to_have_text("Delivered.")
    expect(frame(page, "event")).to_contain_text("orders.paid")
    mine = opened(console, path=address)
    expect(mine.locator("#entry h2")).to_have_text("orders.paid")
    expect(mine.locator("#entry .sender")).to_have_count(0)


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
    expect(page.locator("#count")).to_have_text("1 of 10")
    page.get_by_label("Search").press("Enter")
    expect(page.locator("#entry h2")).to_have_text("orders.cancel")


def test_back_and_the_address_of_a_route(console: ConsoleSite, opened: Open) -> None:
    page = opened(console, path="/ws/docs/#menu.show")
    heading = page.locator("#entry h2")
    expect(heading).to_have_text("menu.show")
    connect(page)
    choose(page, "orders.place")
    choose(page, "orders.paid")
    page.go_back()
    expect(heading).to_have_text("orders.place")
    page.go_back()
    expect(heading).to_have_text("menu.show")
    page.goto(f"{console.url}/ws/docs/#orders.cancel")
    expect(heading).to_have_text("orders.cancel")
    page.goto(f"{console.url}/ws/docs/#%")
    expect(page.locator("#state")).to_have_text("Connected")


def test_without_its_scripts_the_page_says_why(
    console: ConsoleSite, browser: Browser
) -> None:
    """Nor does Connect send the form, and the token in it, to the page's own URL."""
    with browser.new_context() as context:
        page = context.new_page()
        page.route("**/*.js", lambda route: route.abort())
        page.goto(f"{console.url}/ws/docs/")
        expect(page.locator("#entry")).to_contain_text("collectstatic")
        expect(page.get_by_role("button", name="Connect")).to_be_disabled()
        page.get_by_label("with a ticket").press("Enter")
        assert "csrfmiddlewaretoken" not in page.url


def test_somebody_who_is_not_logged_in(console: ConsoleSite, opened: Open) -> None:
    page = opened(console, user="")
    expect(page.get_by_label("as yourself (not logged in)")).to_be_checked()
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
