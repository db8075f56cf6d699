"""docs/tutorial from an empty folder in a fresh virtual environment: every command, and
what the pages say that a browser shows."""

import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, BrowserContext, Error, Page, expect

from tests.e2e.ws_local_stack import eventually
from tests.examples.from_nothing.newcomer import Newcomer
from tests.programs import program

ROOT = Path(__file__).parents[3]
TYPE_CHECK = "npx -y -p typescript tsc"


@pytest.fixture
def newcomer(tmp_path: Path) -> Iterator[Newcomer]:
    program("npm")
    wheels = tmp_path / "wheels"
    wheel = (sys.executable, "-m", "pip", "wheel", "-q", "--no-deps", "-w", str(wheels))
    subprocess.run([*wheel, str(ROOT)], check=True, timeout=300)
    with Newcomer(tmp_path, wheels) as one:
        yield one


def log_in(context: BrowserContext, url: str, name: str) -> Page:
    context.set_default_timeout(30_000)
    page = context.new_page()
    page.goto(url)
    page.get_by_label("Username").fill(name)
    page.get_by_label("Password").fill(name)
    page.get_by_role("button", name="Log in").click()
    return page


def visit(page: Page, url: str) -> None:
    """Django may be just coming back with the files that were saved."""

    def is_served() -> bool:
        try:
            page.goto(url)
        except Error:
            return False
        return True

    eventually(is_served)


def say(page: Page, text: str) -> None:
    page.get_by_label("Text").fill(text)
    page.get_by_role("button", name="Send").click()


def test_a_newcomer_can_follow_it(newcomer: Newcomer, browser: Browser) -> None:
    newcomer.follow("rooms")
    contexts = [browser.new_context() for _ in range(2)]
    ada, bob = (
        log_in(context, newcomer.url, name)
        for context, name in zip(contexts, ("ada", "bob"), strict=True)
    )
    rooms = ["# kitchen", "# secrets", "# tea"]
    expect(ada.get_by_role("navigation").get_by_role("link")).to_have_text(rooms)
    expect(bob.get_by_role("navigation").get_by_role("link")).to_have_count(2)
    refused = bob.goto(f"{newcomer.url}/rooms/secrets/")
    assert refused
    assert refused.status == 404

    newcomer.follow("lines")
    for page in (ada, bob):
        visit(page, f"{newcomer.url}/rooms/tea/")
        expect(page.locator("#state")).to_have_text("open")
    say(ada, "Hello, Bob!")
    expect(bob.locator("#lines p")).to_have_text(["Hello, Bob!"])

    newcomer.follow("nothing-missed")
    catch_up(newcomer, contexts[0], ada, bob)

    newcomer.follow("tests-and-types")
    newcomer.run("pytest")
    assert " passed" in newcomer.printed
    script = newcomer.folder / "chat" / "static" / "chat" / "room.js"
    script.write_text(script.read_text().replace("line.id", "lines.id", 1))
    with pytest.raises(AssertionError, match=r"room\.js\(\d+,\d+\): error TS"):
        newcomer.run(f"python manage.py collectstatic --no-input && {TYPE_CHECK}")

    newcomer.follow("on-aws")
    assert "In sync: nothing to do." in newcomer.printed


def catch_up(newcomer: Newcomer, context: BrowserContext, ada: Page, bob: Page) -> None:
    """Once more what the page says under "Try it", with the new script."""
    for page in (ada, bob):
        visit(page, f"{newcomer.url}/rooms/tea/")
        expect(page.locator("#here li")).to_have_text(["ada", "bob"])
    context.set_offline(True)
    newcomer.run("python manage.py shell < end_sockets.py")
    expect(ada.locator("#state")).to_have_text("Offline")
    say(bob, "Did you miss this?")
    expect(bob.locator("#lines p").last).to_have_text("Did you miss this?")
    context.set_offline(False)
    expect(ada.locator("#lines p").last).to_have_text("Did you miss this?")
