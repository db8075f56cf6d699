"""The modules for browsers of docs/recipes, as they stand there, beside a gateway that
is inside of the browser."""

import json
from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, expect

from tests.browser.pages.test_documented_blocks import ROOT, Shop
from tests.docs_pages.blocks import blocks

PRESENCE = ROOT / "wsrouter/static/wsrouter/presence.js"


@pytest.fixture
def shop(browser: Browser) -> Iterator[Shop]:
    with browser.new_context() as context:
        context.set_default_timeout(15_000)
        yield Shop(context.new_page())


def opened(shop: Shop, recipe: str, use: str, markup: str) -> None:
    """Open a page that uses the module of a recipe, which calls it `recipe`."""
    (block,) = blocks(f"recipes/{recipe}.md", "js")
    path = "/" + block.path.partition("/static/")[2]
    shop.files[path] = block.text
    shop.files["/wsrouter/presence.js"] = PRESENCE.read_text()
    imported = 'import { connection } from "/connection.js";\n'
    shop.files["/main.js"] = f'{imported}import * as recipe from "{path}";\n{use}'
    shop.open("main", markup)


def tell(shop: Shop, event: str, payload: object, number: int = 1) -> None:
    frame = {"type": event, "id": f"{event} {number}", "payload": payload}
    shop.socket.send(json.dumps(frame))


def sent(shop: Shop, action: str) -> list[object]:
    return [each.get("payload") for each in shop.messages if each["action"] == action]


def test_toasts_go_and_errors_stay(shop: Shop) -> None:
    use = "recipe.showToasts(connection, document.querySelector('td'), 0.2);"
    opened(shop, "toasts", use, "<tr><td></td></tr>")
    for number, level in enumerate(("info", "error")):
        text = f"<b>{level}</b>"
        tell(shop, "toasts.shown", {"level": level, "text": text}, number)
    shown = shop.page.locator("td > p")
    expect(shown).to_have_text(["<b>error</b>"])


def test_a_bar_does_not_go_back(shop: Shop) -> None:
    use = """
    const bar = document.querySelector("progress");
    recipe.showProgress(connection, "7", bar, () => bar.classList.add("finished"));
    """
    opened(shop, "progress", use, '<tr><td><progress value="0"></progress></td></tr>')
    bar = shop.page.locator("progress")
    for number, (job, done) in enumerate([("7", 60), ("7", 40), ("8", 90)]):
        progress = {"job": job, "done": done, "total": 100}
        tell(shop, "jobs.progressed", progress, number)
    expect(bar).to_have_js_property("value", 60)
    tell(shop, "jobs.progressed", {"job": "7", "done": 100, "total": 100}, 9)
    expect(bar).to_have_class("finished")
    assert sent(shop, "jobs.watch") == [{"job": "7"}]


def test_signs_of_typing_are_few_and_end(shop: Shop) -> None:
    use = """
    const [input, there] = document.querySelectorAll("input, p");
    recipe.typing(connection, "tea", input, (names) => (there.textContent = names));
    """
    shop.page.clock.install()
    opened(shop, "typing", use, "<tr><td><input><p></p></td></tr>")
    shop.page.locator("input").press_sequentially("Hello, tea")
    typist = {"room": "tea", "id": 1, "name": "Ada"}
    tell(shop, "rooms.typing", typist)
    tell(shop, "rooms.typing", {**typist, "room": "cake", "name": "Bob"}, 2)
    there = shop.page.locator("p >> nth=-1")
    expect(there).to_have_text("Ada")
    assert sent(shop, "rooms.type") == [{"room": "tea"}]
    shop.page.clock.fast_forward(6_000)
    expect(there).to_have_text("")


def test_dots_follow_presence(shop: Shop) -> None:
    markup = "".join(f'<tr><td data-person="{n}">{n}</td></tr>' for n in (1, 2))
    there = {"members": [{"id": 1}], "count": 1, "version": 1}
    shop.replies["people.watch"] = there
    opened(shop, "who-is-there", "recipe.dots(connection, 'red');", markup)
    online = shop.page.locator("td.online")
    expect(online).to_have_text(["1"])
    change = {"group": "team:red", "left": [], "count": 2, "version": 5}
    tell(shop, "people.online", {**change, "joined": [{"id": 2}]})
    expect(online).to_have_text(["1", "2"])
    assert sent(shop, "people.watch") == ["red"]


def test_older_lines_come_before_the_first(shop: Shop) -> None:
    use = """
    const [list, button] = document.querySelectorAll("ol, button");
    recipe.loadOlder(list, button, "/older");
    """
    markup = (
        '<tr><td><ol><li data-id="9">ada: new</li></ol><button>More</button></td></tr>'
    )
    lines = [{"id": 7, "author": "bob", "text": "<i>old</i>"}]
    shop.files["/older?before=9"] = json.dumps({"lines": lines, "more": False})
    opened(shop, "chat-history", use, markup)
    button = shop.page.locator("button")
    button.click()
    items = shop.page.locator("li")
    expect(items).to_have_text(["bob: <i>old</i>", "ada: new"])
    expect(button).to_be_disabled()


def test_a_burst_is_loaded_once(shop: Shop) -> None:
    use = """
    globalThis.loads = [];
    recipe.invalidate(connection, (model, ids) => loads.push([model, ids]), 20);
    """
    opened(shop, "invalidation", use, "")
    for number, ids in enumerate(([1], [2], [1])):
        tell(shop, "data.changed", {"model": "a.b", "ids": ids}, number)
    shop.page.wait_for_function("loads.some(([model]) => model === 'a.b')")
    loads = shop.page.evaluate("loads")
    assert loads.count(["a.b", [1, 2]]) == 1
    shop.page.evaluate("loads.length = 0")
    shop.drop()
    shop.page.wait_for_function("loads.length === 1")
    assert shop.page.evaluate("loads") == [[None, []]]


def test_rows_are_loaded_by_htmx(shop: Shop) -> None:
    for number in range(7, 12):
        shop.files[f"/rows/{number}/"] = f"<td>row {number}, loaded</td>"
    row = '<tr id="row-7" hx-get="/rows/7/" hx-trigger="changed"><td>row 7</td></tr>'
    markup = f'</tbody><tbody id="rows">{row}'
    opened(shop, "live-tables", "recipe.live(connection, 'group');", markup)
    cells = shop.page.locator("#rows td")
    expect(cells).to_have_text(["row 7, loaded"])  # with the reply
    shop.files["/rows/7/"] = "<td>row 7, again</td>"
    tell(shop, "rows.changed", {"id": 7})
    expect(cells).to_have_text(["row 7, again"])
    for number in range(8, 12):
        tell(shop, "rows.added", {"id": number}, number)
    added = [f"row {number}, loaded" for number in range(11, 7, -1)]
    expect(cells).to_have_text([*added, "row 7, again"])
    shop.files["/rows/11/"] = "<td>row 11, again</td>"
    tell(shop, "rows.added", {"id": 11}, 12)  # it came twice
    expect(cells).to_have_text(["row 11, again", *added[1:], "row 7, again"])
    assert sent(shop, "wsrouter.join") == [{"groups": ["rows:group"]}]


@pytest.mark.parametrize("kind", ["rows.changed", "rows.added"])
def test_a_row_that_changes_while_it_is_loaded_is_loaded_again(
    shop: Shop, kind: str
) -> None:
    shop.files["/rows/7/"] = "<td>row 7, loaded</td>"
    row = '<tr id="row-7" hx-get="/rows/7/" hx-trigger="changed"><td>row 7</td></tr>'
    markup = f'</tbody><tbody id="rows">{row}'
    opened(shop, "live-tables", "recipe.live(connection, 'group');", markup)
    cells = shop.page.locator("#rows td")
    expect(cells).to_have_text(["row 7, loaded"])
    shop.page.evaluate(
        """globalThis.loaded = 0;
        document.addEventListener("htmx:afterRequest", () => loaded++);
        const change = () => htmx.trigger("#row-7", "changed");
        document.addEventListener("htmx:beforeSend", change, { once: true });"""
    )
    tell(shop, kind, {"id": 7})
    shop.page.wait_for_function("loaded === 2")
    expect(cells).to_have_text(["row 7, loaded"])
