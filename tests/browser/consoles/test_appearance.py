"""The console in light and dark mode and at the width of a phone."""

from pathlib import Path

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
)
from tests.browser.console_site import ConsoleSite
from tests.browser.pages.test_appearance import check_appearance, pictures

__all__ = ["pictures"]


def test_the_console(console: ConsoleSite, opened: Open, pictures: Path) -> None:
    page = opened(console)
    connect(page)
    choose(page, "menu.show")
    expect(send(page)).to_contain_text("Answered in")
    fill_order(page)
    expect(send(page)).to_contain_text("Answered in")
    expect(frame(page, "event")).to_be_visible()
    page.get_by_role("button", name="Add an item").click()
    field(page, "item").nth(1).fill("cake")
    field(page, "count").nth(1).fill("100")
    expect(send(page)).to_contain_text("invalid_payload")
    texts = (".hint", ".kicker", ".problem", ".kind", "time", ".took", ".note", "pre")
    more = (".chips li", "#state", ".description", "legend", "#history code", ".mark")
    check_appearance(page, "console", pictures, *texts, *more, "button", "dt")


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_the_picture_of_the_documentation(
    console: ConsoleSite, opened: Open, pictures: Path, scheme: str
) -> None:
    page = opened(console)
    page.emulate_media(color_scheme="dark" if scheme == "dark" else "light")
    page.set_viewport_size({"width": 1280, "height": 860})
    connect(page)
    fill_order(page)
    field(page, "count").fill("100")
    expect(send(page)).to_contain_text("invalid_payload")
    field(page, "count").fill("2")
    expect(send(page)).to_contain_text("Answered in")
    expect(frame(page, "event")).to_be_visible()
    frame(page, "error").locator("summary").click()
    page.locator("#entry h2").focus()
    page.evaluate("window.scrollTo(0, 0)")
    page.screenshot(path=pictures / f"console-{scheme}.png")
    page.set_viewport_size({"width": 390, "height": 780})
    page.evaluate("document.getElementById('entry').scrollIntoView()")
    page.screenshot(path=pictures / f"console-{scheme}-phone.png")
