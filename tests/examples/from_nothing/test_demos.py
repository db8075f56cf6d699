"""The commands with which README and docs show the examples."""

from itertools import product
from pathlib import Path
from urllib.request import urlopen

from playwright.sync_api import Browser, Page, expect

from tests.browser.console_page import violations
from tests.browser.pages.test_appearance import SCHEMES, WIDTHS
from tests.examples.from_nothing import demo
from tests.ports import free_port


def log_in(page: Page, password: str) -> None:
    page.get_by_label("Name").fill("demo")
    page.get_by_label("Password").fill(password)
    page.get_by_role("button", name="Log in").click()


def has_no_flaws(page: Page, axe: str) -> None:
    for scheme, width in product(SCHEMES, WIDTHS):
        page.emulate_media(color_scheme=scheme)
        page.set_viewport_size({"width": width, "height": 700})
        assert page.evaluate("document.documentElement.scrollWidth") <= width
        assert violations(page, axe) == []


def test_the_chat(tmp_path: Path) -> None:
    django_port = free_port()
    with demo.running(
        "chat", tmp_path, port=free_port(), django_port=django_port
    ) as said:
        url = f"http://127.0.0.1:{django_port}/"
        assert url in said.read_text()
        with urlopen(url, timeout=60) as page:
            assert b"Log in" in page.read()


def test_the_dashboard(browser: Browser, axe: str, tmp_path: Path) -> None:
    """A worker of Celery measures, and the page at another origin shows it."""
    ports = {"port": free_port(), "django_port": free_port(), "page_port": free_port()}
    with demo.running("dashboard", tmp_path, **ports) as said:
        url = f"http://localhost:{ports['page_port']}/"
        assert url in said.read_text()
        page = browser.new_page()
        page.goto(url)
        log_in(page, "wrong")
        expect(page.locator("#state")).to_have_text("Wrong name or password.")
        has_no_flaws(page, axe)
        log_in(page, "demo")
        expect(page.locator("#state")).to_have_text("Live")
        expect(page.get_by_role("row")).to_have_count(6)
        curve = "document.getElementById('curve').points.length"
        known = page.evaluate(curve)
        page.wait_for_function(f"{curve} > {known + 2}", timeout=30_000)
        has_no_flaws(page, axe)
        page.reload()
        expect(page.locator("#state")).to_have_text("Live")
        page.get_by_role("button", name="Log out").click()
        expect(page.get_by_label("Password")).to_be_visible()
