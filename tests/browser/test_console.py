"""The console in a browser, under a Content-Security-Policy and with hashed files."""

from typing import Any

import pytest
from playwright.sync_api import expect

from tests.browser.console_page import (
    Open,
    choose,
    connect,
    field,
    fill_order,
    frame,
    send,
    violations,
)
from tests.browser.console_site import ConsoleSite


def test_a_nested_form_is_sent_and_answered(console: ConsoleSite, opened: Open) -> None:
    page = opened(console)
    connect(page)
    fill_order(page)
    page.get_by_label("Send size").check()
    field(page, "size").select_option("large")
    page.get_by_role("button", name="Add an item").click()
    for name, example in (("item", "green tea"), ("count", "2")):
        expect(field(page, name).nth(1)).to_have_attribute("placeholder", example)
    page.get_by_text("Fields of Line").click()
    expect(page.locator("#entry .schema").first).to_contain_text(
        'string, ≥ 1 characters, for example "green tea"'
    )
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
    shown = frame(page, "reply").locator("pre")
    expect(shown).to_be_visible()
    expect(shown).to_contain_text('"total": 5')
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


def test_kept_events_are_marked_and_their_frames_have_numbers(
    console: ConsoleSite, opened: Open
) -> None:
    page = opened(console)
    connect(page)
    choose(page, "menu.changed")
    expect(page.locator("#entry .chips")).to_contain_text("kept")
    expect(page.locator("#entry")).to_contain_text(
        "the last 20 of a group or of a user, for 1 hour."
    )
    marked = page.locator("#events li.kept")
    expect(marked).to_have_count(1)
    expect(marked).to_contain_text("menu.changed")
    page.get_by_label("Search").fill("kept")
    expect(page.locator(".outline li:not([hidden]) button")).to_have_count(1)
    page.get_by_label("Search").fill("")
    choose(page, "menu.watch")
    expect(send(page)).to_contain_text("Answered in")
    event = frame(page, "event")
    expect(event.locator(".note")).to_have_text("seq 1")
    expect(event).to_contain_text("menu.changed")
    reply = frame(page, "reply")
    expect(reply.locator(".note")).to_contain_text("1 missed")
    expect(reply.locator("pre")).to_contain_text('"recovered": true')
    choose(page, "wsrouter.ping")
    expect(send(page)).to_contain_text("Answered in")
    choose(page, "wsrouter.skipped")
    expect(page.locator("#entry")).to_contain_text("not for this client")


def test_with_a_ticket(console: ConsoleSite, opened: Open) -> None:
    page = opened(console)
    sockets: list[str] = []
    page.on("websocket", lambda socket: sockets.append(socket.url))
    page.get_by_label("with a ticket").check()
    connect(page)
    assert "?ticket=" in sockets[0]
    choose(page, "menu.show")
    expect(send(page)).to_contain_text("Answered in")


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
