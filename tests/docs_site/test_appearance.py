"""The site as it is seen: on a phone, a tablet and a desktop, light and dark."""

import re
from pathlib import Path
from typing import Any, Literal

import pytest
from playwright.sync_api import Browser, Page, expect

WIDTHS = {"phone": 360, "tablet": 820, "desktop": 1440}
LOOKED_AT = [
    "index.html",
    "quickstart.html",
    "howto/adding-routes.html",
    "howto/aws-from-nothing.html",
    "recipes/progress.html",
    "reference/settings.html",
    "reference/names.html",
    "reference/api/wsrouter.html",
    "explanation/way-of-a-message.html",
]
# What axe finds in Furo's own parts of a page, by rule and by the HTML.
OF_FURO = {
    "aria-required-attr": r'^<p class="caption" role="heading">',  # no aria-level
    "landmark-unique": r'^<aside class="sidebar-drawer">$',
    "region": r'^<span class="visually-hidden">View this page</span>$',
}
# The page of the search has a heading when it has found something.
WITHOUT_HEADING = "search.html"
Scheme = Literal["light", "dark"]


def visit(browser: Browser, address: str, scheme: Scheme, width: int) -> Page:
    view: Any = {"width": width, "height": 900}
    page = browser.new_page(viewport=view, color_scheme=scheme)
    page.set_default_timeout(60_000)
    page.goto(address)
    return page


def ours(page: Page, axe: str) -> list[tuple[str, str]]:
    """What axe finds outside of Furo's own parts: the rule, and the HTML."""
    page.evaluate(axe)
    violations = page.evaluate("axe.run().then(({violations}) => violations)")
    return [
        (found["id"], node["html"][:200])
        for found in violations
        for node in found["nodes"]
        if not re.search(OF_FURO.get(found["id"], "$^"), node["html"])
    ]


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("width", WIDTHS)
def test_pages_fit_and_axe_finds_nothing(
    browser: Browser, url: str, axe: str, width: str, scheme: Scheme
) -> None:
    for name in LOOKED_AT:
        page = visit(browser, f"{url}/{name}", scheme, WIDTHS[width])
        overflow = "document.documentElement.scrollWidth - innerWidth"
        assert page.evaluate(overflow) <= 0, name
        assert ours(page, axe) == [], name
        page.close()


def test_axe_finds_nothing_in_any_page(
    browser: Browser, url: str, axe: str, built: Path
) -> None:
    page = visit(browser, url, "light", WIDTHS["desktop"])
    for path in sorted(built.rglob("*.html")):
        name = path.relative_to(built).as_posix()
        page.goto(f"{url}/{name}")
        found = ours(page, axe)
        if name == WITHOUT_HEADING:
            found = [each for each in found if each[0] != "page-has-heading-one"]
        assert found == [], name
    page.close()


def test_search_finds_a_setting(browser: Browser, url: str) -> None:
    page = visit(browser, url, "light", WIDTHS["desktop"])
    page.get_by_role("textbox", name="Search").fill("DEFAULT_ROUTE")
    page.keyboard.press("Enter")
    found = page.locator("ul.search a[href*='reference/settings.html']").first
    expect(found).to_be_visible(timeout=60_000)
    page.close()


def test_a_phone_opens_the_navigation(browser: Browser, url: str) -> None:
    page = visit(browser, f"{url}/quickstart.html", "light", WIDTHS["phone"])
    link = page.get_by_role("link", name="Settings", exact=True)
    expect(link).not_to_be_in_viewport()
    page.locator("label.nav-overlay-icon").first.click()
    expect(link).to_be_visible()
    page.close()
