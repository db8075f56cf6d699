"""Every page in light and dark mode and at the width of a phone, without errors.

WSROUTER_SCREENSHOTS names a folder in which the pictures are kept for review.
"""

import os
from datetime import UTC, datetime, timedelta
from itertools import product
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from tests.browser.conftest import Visit, Visitor, is_connected, item, set_notifications
from tests.examples.notifications import Notifications

SCHEMES, WIDTHS = ("light", "dark"), (1280, 390, 320)
CONTRAST = """
(selector) => {
  const canvas = document.createElement("canvas")
    .getContext("2d", {willReadFrequently: true});
  const parts = (colour) => {
    canvas.clearRect(0, 0, 1, 1);
    canvas.fillStyle = colour;
    canvas.fillRect(0, 0, 1, 1);
    return [...canvas.getImageData(0, 0, 1, 1).data];
  };
  const luminance = (colour) => {
    const [r, g, b] = parts(colour).map((part) => {
      const s = part / 255;
      return s <= 0.04045 ? s / 12.92 : ((s + 0.055) / 1.055) ** 2.4;
    });
    return 0.2126 * r + 0.7152 * g + 0.0722 * b;
  };
  const background = (element) => {
    for (let node = element; node; node = node.parentElement) {
      const colour = getComputedStyle(node).backgroundColor;
      if (parts(colour)[3] === 255) return colour;
    }
    return getComputedStyle(document.documentElement).colorScheme.startsWith("dark")
      ? "black" : "white";
  };
  const [found, pseudo] = selector.split("::");
  return [...document.querySelectorAll(found)]
    .filter((element) => element.checkVisibility())
    .map((element) => {
      const colour = getComputedStyle(element, pseudo ? `::${pseudo}` : null).color;
      const [a, b] = [luminance(colour), luminance(background(element))];
      return (Math.max(a, b) + 0.05) / (Math.min(a, b) + 0.05);
    });
}
"""
MIN_CONTRAST = 4.5
"""The contrast ratio that the Web Content Accessibility Guidelines (AA) require."""


@pytest.fixture
def pictures(tmp_path: Path) -> Path:
    return Path(os.environ.get("WSROUTER_SCREENSHOTS", tmp_path))


def check_appearance(page: Page, name: str, pictures: Path, *texts: str) -> None:
    """Check that the page fits every width and that these texts have enough
    contrast."""
    for scheme, width in product(SCHEMES, WIDTHS):
        page.emulate_media(color_scheme=scheme)
        page.set_viewport_size({"width": width, "height": 800})
        page.screenshot(path=pictures / f"{name}-{scheme}-{width}.png", full_page=True)
        assert page.evaluate("document.documentElement.scrollWidth") <= width
        for text in texts:
            contrasts = page.evaluate(CONTRAST, text)
            assert contrasts, f"{text} is not on the page"
            assert min(contrasts) >= MIN_CONTRAST, (text, scheme, contrasts)


def open_with_notifications(site: Notifications, visitor: Visitor, *texts: str) -> Page:
    set_notifications(site, *texts)
    tab = visitor.log_in("ada")
    is_connected(tab)
    return tab


def test_the_login(visit: Visit, pictures: Path) -> None:
    ada = visit()
    check_appearance(ada.tab(), "login", pictures, "label", "h1", "button")
    assert ada.console_errors == []


def test_a_refused_login(visit: Visit, pictures: Path) -> None:
    ada = visit()
    tab = ada.tab()
    tab.get_by_label("Username").fill("ada")
    tab.get_by_label("Password").fill("wrong")
    tab.get_by_role("button", name="Log in").click()
    check_appearance(tab, "login-refused", pictures, ".errorlist li")
    assert ada.console_errors == []


def test_the_page(site: Notifications, visit: Visit, pictures: Path) -> None:
    ada = visit()
    ada.context.clock.install()
    tab = open_with_notifications(site, ada, "Invoice 2041 was paid", "A" * 120)
    item(tab, "Invoice").get_by_role("button", name="Mark read").click()
    tab.get_by_text("Frames").click()
    tab.get_by_label("Text").fill("Lunch is ready")
    tab.get_by_role("button", name="Notify me").click()
    expect(item(tab, "Lunch is ready")).to_be_visible()
    expect(tab.locator("#toasts p")).to_have_text("Lunch is ready")
    # Otherwise the toast would disappear before the pictures are taken.
    tab.clock.pause_at(datetime.now(UTC) + timedelta(seconds=1))
    texts = ("#notify input::placeholder", "#list p", "#list time", "#log li")
    check_appearance(
        tab, "page", pictures, *texts, "#state", "#unread", "button", "#toasts p"
    )
    assert ada.console_errors == []


def test_the_empty_page(site: Notifications, visit: Visit, pictures: Path) -> None:
    ada = visit()
    tab = open_with_notifications(site, ada)
    expect(tab.locator("#empty")).to_be_visible()
    check_appearance(tab, "empty", pictures, "#empty", "summary")
    assert ada.console_errors == []


def test_the_form_in_the_admin(visit: Visit, pictures: Path) -> None:
    root = visit()
    tab = root.log_in("root", "/admin/login/?next=/admin/auth/user/")
    tab.get_by_role("row", name="ada").get_by_role("checkbox").check()
    tab.get_by_role("row", name="root").get_by_role("checkbox").check()
    tab.get_by_label("Action:").select_option("Send a notification")
    tab.get_by_role("button", name="Run").or_(
        tab.get_by_role("button", name="Go")
    ).click()
    expect(tab.get_by_label("Text")).to_be_visible()
    check_appearance(tab, "admin", pictures, "#content label", "#content h1")
    tab.get_by_role("link", name="Cancel").click()
    expect(tab).to_have_url(f"{root.site.url}/admin/auth/user/")
    assert root.console_errors == []


def test_the_status_page(site: Notifications, visit: Visit, pictures: Path) -> None:
    ada = visit()
    open_with_notifications(site, ada, "Lunch is ready")
    status = ada.context.new_page()
    status.goto(site.socket_url.replace("ws:", "http:").removesuffix("production"))
    expect(status.locator("#connections li")).to_contain_text("ada")
    row = status.locator("#frames li").filter(has_text="notifications.list").first
    row.locator("summary").click()
    expect(row.locator("pre").first).to_contain_text("notifications.list")
    texts = ("#filter::placeholder", "#state", ".detail", "time", ".outcome", ".user")
    check_appearance(status, "status", pictures, *texts, ".duration", "pre", "button")
    status.locator("#connections").get_by_role("button", name="Send").first.click()
    check_appearance(status, "status-send", pictures)
    assert ada.console_errors == []
