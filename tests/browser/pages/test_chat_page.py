"""The chat of examples/chat: two users, each with a browser."""

from collections.abc import Callable, Iterator
from contextlib import ExitStack
from itertools import product
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.browser.conftest import Visitor, is_connected
from tests.browser.console_page import violations
from tests.browser.pages.test_appearance import SCHEMES, WIDTHS, pictures
from tests.examples.chat import Chat

__all__ = ["pictures"]

CLOSE_ALL = """
from wsrouter import connections
from wsrouter.models import OpenConnection
for key in OpenConnection.objects.values_list("connection_id", flat=True):
    connections.get(key).close()
"""
SAY = """
from chat.models import *
from chat.ws import *
from wsrouter import Connection
bob = User.objects.get(username="bob")
for number in range({count}):
    say(Say(room="kitchen", text=f"missed {{number}}"), Connection("none", user=bob))
"""
Enter = Callable[[str, str], tuple[Visitor, Page]]


@pytest.fixture(scope="module")
def chat(browser: Browser, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Chat]:
    with Chat(tmp_path_factory.mktemp("chat")).running() as running:
        assert isinstance(running, Chat)
        yield running


@pytest.fixture
def enter(browser: Browser, chat: Chat) -> Iterator[Enter]:
    """Logs a user in, and opens a room."""
    with ExitStack() as leaving:

        def one(name: str, room: str) -> tuple[Visitor, Page]:
            context = browser.new_context(locale="en-GB")
            leaving.callback(context.close)
            visitor = Visitor(chat, context)
            page = visitor.log_in(name)
            page.get_by_role("link", name=room).click()
            is_connected(page)
            return visitor, page

        yield one


def say(page: Page, *texts: str) -> None:
    for text in texts:
        page.get_by_label("Text").fill(text)
        page.get_by_role("button", name="Send").click()


def test_two_talk_and_see_each_other(enter: Enter) -> None:
    (first, ada), (second, bob) = enter("ada", "tea"), enter("bob", "tea")
    for page in (ada, bob):
        expect(page.locator("#here li")).to_have_text(["ada", "bob"])
    before = ["The kettle is on.", "Earl Grey for me, please."]
    mine = [f"<b>{number}</b> & so on" for number in range(5)]
    say(ada, *mine)
    expect(bob.locator("#lines p")).to_have_text([*before, *mine])
    say(bob, "Hello!")
    expect(ada.locator("#lines p")).to_have_text([*before, *mine, "Hello!"])
    expect(ada.locator("#lines li").last.locator("b")).to_have_text("bob")
    expect(bob.get_by_role("link", name="secrets")).to_have_count(0)
    assert first.console_errors + second.console_errors == []


def test_a_page_that_was_away_has_every_line(chat: Chat, enter: Enter) -> None:
    visitor, page = enter("ada", "kitchen")
    visitor.context.set_offline(True)
    chat.shell(CLOSE_ALL)
    chat.shell(SAY.format(count=40))
    visitor.context.set_offline(False)
    missed = [f"missed {number}" for number in range(40)]
    expect(page.locator("#lines p")).to_have_text(missed)
    page.reload()
    expect(page.locator("#lines p")).to_have_text(missed[-30:])
    page.get_by_role("button", name="Earlier lines").click()
    expect(page.locator("#lines p")).to_have_text(missed)
    expect(page.get_by_role("button", name="Earlier lines")).to_be_hidden()


def test_a_logout_in_another_tab_ends_the_page(enter: Enter) -> None:
    visitor, page = enter("ada", "tea")
    visitor.tab().get_by_role("button", name="Log out ada").click()
    expect(page).to_have_url(f"{visitor.site.url}/login/?next=/rooms/tea/")


def test_it_fits_and_axe_finds_nothing(
    chat: Chat, enter: Enter, axe: str, tmp_path: Path
) -> None:
    visitor, page = enter("ada", "tea")
    say(page, "A" * 200)
    expect(page.locator("#lines p").last).to_have_text("A" * 200)
    login = page.context.browser.new_page()  # type: ignore[union-attr]
    login.goto(chat.url)
    for shown, scheme, width in product((page, login), SCHEMES, WIDTHS):
        shown.emulate_media(color_scheme=scheme)
        shown.set_viewport_size({"width": width, "height": 700})
        assert shown.evaluate("document.documentElement.scrollWidth") <= width
        assert violations(shown, axe) == []
    login.close()
    assert visitor.console_errors == []


def test_the_picture_of_the_documentation(enter: Enter, pictures: Path) -> None:
    (_, ada), (_, bob) = enter("ada", "tea"), enter("bob", "tea")
    ada.set_viewport_size({"width": 900, "height": 640})
    # Other tests have written here, too.
    for page in (ada, bob):
        page.locator("#lines").evaluate("(lines) => lines.replaceChildren()")
    say(ada, "The first flush from Darjeeling has come.")
    expect(bob.locator("#lines p")).to_have_count(1)
    say(bob, "Keep a cup for me: I am on a train, and offline every other minute.")
    expect(ada.locator("#lines p")).to_have_count(2)
    say(ada, "You will have read every line when you are here.")
    expect(ada.locator("#lines p")).to_have_count(3)
    expect(ada.locator("#here li")).to_have_text(["ada", "bob"])
    ada.screenshot(path=pictures / "chat.png")
