"""The example's page that has a session and no ticket."""

from pathlib import Path

from playwright.sync_api import Browser, expect

from tests.e2e.ws_local_stack import started
from tests.examples.test_identities_served import prepared


def test_a_page_ends_with_its_session(browser: Browser, tmp_path: Path) -> None:
    with started(prepared(tmp_path)) as stack, browser.new_context() as context:
        context.set_default_timeout(15_000)
        page, other = context.new_page(), context.new_page()
        page.goto(f"http://127.0.0.1:{stack.django_port}/")
        page.get_by_label("Username").fill("ada")
        page.get_by_label("Password").fill("analytical")
        page.get_by_role("button", name="Log in").click()
        expect(page.locator("output")).to_have_text("ada")
        other.goto(page.url)
        other.get_by_role("button", name="Log out").click()
        expect(page.locator("output")).to_have_text("refused")
