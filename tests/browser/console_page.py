"""What a test does with the page of the console."""

from collections.abc import Callable
from typing import Any

from playwright.sync_api import Locator, Page, expect

Open = Callable[..., Page]


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


def violations(page: Page, axe: str) -> list[Any]:
    page.evaluate(axe)
    found = page.evaluate("axe.run().then(({violations}) => violations)")
    return [(one["id"], [node["html"] for node in one["nodes"]]) for one in found]
