"""The recipes of docs/howto/streams.md, as they stand there, in a browser whose network
goes away while others write."""

from collections.abc import Callable, Iterator

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, expect

from tests.browser.recipes_site import RecipesSite

LINES = """
from chat.ws import *
for text in {texts}:
    with transaction.atomic():
        line = Line.objects.create(room_id=1, author="bob", text=text)
        written = Written(id=line.pk, author="bob", text=text)
        line_written.send(written, group="room:tea")
"""
CLOSE = """
from wsrouter import connections
from wsrouter.models import OpenConnection
for key in OpenConnection.objects.values_list("connection_id", flat=True):
    connections.get(key).close()
"""
WATCH = """() => {
  const here = document.getElementById("here");
  const note = () => window.shown.push(here.textContent);
  window.shown = [];
  new MutationObserver(note).observe(here, { childList: true });
}"""
Visit = Callable[..., tuple[BrowserContext, Page]]


@pytest.fixture(scope="module")
def recipes(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RecipesSite]:
    with RecipesSite(tmp_path_factory.mktemp("recipes")).running() as site:
        yield site


@pytest.fixture
def visit(browser: Browser, recipes: RecipesSite) -> Iterator[Visit]:
    contexts: list[BrowserContext] = []

    def one(path: str, name: str = "ada") -> tuple[BrowserContext, Page]:
        context = browser.new_context()
        contexts.append(context)
        context.set_default_timeout(30_000)
        page = context.new_page()
        page.goto(f"{recipes.url}/enter/{name}/")
        page.goto(recipes.url + path)
        return context, page

    yield one
    for context in contexts:
        context.close()


def cut(recipes: RecipesSite, context: BrowserContext) -> None:
    """Offline, Chromium opens no sockets; it leaves those that are open."""
    context.set_offline(True)
    recipes.shell(CLOSE)


def write(recipes: RecipesSite, texts: list[str]) -> None:
    recipes.shell(LINES.format(texts=texts))


def test_a_chat_shows_each_line_once(recipes: RecipesSite, visit: Visit) -> None:
    context, page = visit("/chat/tea/")
    lines = page.locator("#lines li")
    page.locator("input[name=text]").fill("Hello")
    page.keyboard.press("Enter")
    expect(lines).to_have_text(["ada: Hello"])
    cut(recipes, context)
    missed = [f"line {number}" for number in range(40)]
    write(recipes, missed)
    context.set_offline(False)
    everything = ["ada: Hello", *(f"bob: {text}" for text in missed)]
    expect(lines).to_have_text(everything)
    write(recipes, ["after"])
    expect(lines).to_have_text([*everything, "bob: after"])


def test_a_chat_that_was_away_for_too_long(recipes: RecipesSite, visit: Visit) -> None:
    context, page = visit("/chat/tea/")
    page.evaluate("window.isFirst = true")
    cut(recipes, context)
    write(recipes, [f"many {number}" for number in range(120)])
    recipes.shell("from wsrouter.models import *; KeptEvent.objects.all().delete()")
    context.set_offline(False)
    page.wait_for_function("window.isFirst === undefined")
    shown = [f"bob: many {number}" for number in range(70, 120)]
    expect(page.locator("#lines li")).to_have_text(shown)


def test_a_chat_shows_who_is_there(recipes: RecipesSite, visit: Visit) -> None:
    """A page that is loaded again does not flicker; a second tab is nobody else."""
    _, ada = visit("/chat/tea/")
    here = ada.locator("#here")
    expect(here).to_have_text("ada")
    context, bob = visit("/chat/tea/", "bob")
    expect(here).to_have_text("ada, bob")
    expect(bob.locator("#here")).to_have_text("ada, bob")
    ada.evaluate(WATCH)
    second = context.new_page()
    second.goto(bob.url)
    expect(second.locator("#here")).to_have_text("ada, bob")
    bob.reload()
    expect(bob.locator("#here")).to_have_text("ada, bob")
    context.close()
    expect(here).to_have_text("ada", timeout=30_000)
    assert ada.evaluate("window.shown") == ["ada"]


def test_two_write_one_note(recipes: RecipesSite, visit: Visit) -> None:
    context, other = visit("/notes/")
    text = other.locator("textarea")
    expect(text).to_have_value("First")
    cut(recipes, context)
    _, one = visit("/notes/")
    expect(one.locator("textarea")).to_have_value("First")
    for number in range(3):
        one.evaluate(f"note.write('missed {number}')")
    context.set_offline(False)
    expect(text).to_have_value("missed 2")
    one.evaluate("note.write('heard')")
    expect(text).to_have_value("heard")
    both = """Promise.all(["a", "b"].map(
        (text) => note.write(text).then(() => "done", (error) => error.code)))"""
    assert sorted(one.evaluate(both)) == ["done", "outdated"]


def test_a_board_catches_up(recipes: RecipesSite, visit: Visit) -> None:
    context, page = visit("/board/")
    value = page.locator("#orders")
    change = "from board.ws import change; change('orders', {})"
    recipes.shell(change.format(2))
    expect(value).to_have_text("2")
    cut(recipes, context)
    recipes.shell(change.format(3))
    context.set_offline(False)
    expect(value).to_have_text("3")
