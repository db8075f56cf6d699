"""The examples for Vue and htmx in docs/howto/browser.md, run as they stand there."""

import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, Page, Route, WebSocketRoute, expect

from tests import node_packages

BROWSER = Path(__file__).parents[1]
ROOT = BROWSER.parents[1]
TEXT = (ROOT / "docs" / "howto" / "browser.md").read_text()
SITE = "http://shop.example"
CONNECTION = """
import { connect } from "/client.js";
export const connection = connect("ws://shop.example/ws", { backoffBase: 1 });
Object.assign(globalThis, { connection });
"""
VUE = """
import { createApp, h, ref } from "vue";
import { useEvent, useSubscription } from "/documented.js";
const app = createApp({
  setup() {
    const changed = ref("nothing");
    useEvent("orders.changed", ({ status }) => (changed.value = status));
    const { reply, error } = useSubscription("orders.watch", { order_id: 7 });
    return () => h("p", `${changed.value} ${reply.value?.status} ${error.value?.code}`);
  },
});
app.mount("#app");
Object.assign(globalThis, { app });
"""
OPEN_AGAIN = """() => {
  window.again = new Promise((resolve) => {
    window.connection.onState((state) => state === "open" && resolve());
  });
}"""
PAGE = """<!doctype html><title>Documented</title>
<script type="importmap">{{"imports": {{"vue": "/vue.js"}}}}</script>
<script src="/htmx.js"></script>
<div id="app"></div><table><tbody>{markup}</tbody></table>
<script type="module" src="/{module}.js"></script>"""


def block(language: str, word: str) -> str:
    blocks = re.findall(rf"^```{language}\n(.*?)^```$", TEXT, re.M | re.S)
    [found] = [each for each in blocks if word in each]
    return str(found)


class Shop:
    """The site and the gateway of the examples, inside of the browser."""

    def __init__(self, page: Page) -> None:
        packages = node_packages.installed(BROWSER)
        self.page, self.messages = page, list[dict[str, Any]]()
        self.replies: dict[str, Any] = {}
        self.files: dict[str, str] = {
            "/client.js": (ROOT / "wsrouter/static/wsrouter/client.js").read_text(),
            "/connection.js": CONNECTION,
            "/htmx.js": (packages / "htmx.org/dist/htmx.min.js").read_text(),
            "/vue.js": (packages / "vue/dist/vue.esm-browser.prod.js").read_text(),
        }
        page.route(f"{SITE}/**", self._serve)
        page.route_web_socket("ws://shop.example/ws", self._accept)

    def open(self, module: str, markup: str = "") -> None:
        self.files["/"] = PAGE.format(module=module, markup=markup)
        self.page.goto(f"{SITE}/")
        self.page.wait_for_function("window.connection?.state === 'open'")

    def changes(self, status: str) -> None:
        payload = {"order_id": 7, "status": status}
        self._tell({"type": "orders.changed", "id": status, "payload": payload})

    def drop(self) -> None:
        self.socket.close(code=1001)

    def _serve(self, route: Route) -> None:
        path = route.request.url.removeprefix(SITE)
        kind = "text/javascript" if path.endswith(".js") else "text/html"
        body = self.files.get(path)
        route.fulfill(status=200 if body else 404, body=body, content_type=kind)

    def _accept(self, socket: WebSocketRoute) -> None:
        self.socket = socket
        socket.on_message(self._answer)

    def _answer(self, text: str | bytes) -> None:
        message = json.loads(text)
        self.messages.append(message)
        if "id" not in message:
            return
        action, number = message["action"], len(self.messages)
        reply = self.replies.get(action, {"status": f"reply {number}"})
        answer = {"type": "reply", "id": message["id"], "action": action}
        self._tell({**answer, "payload": reply})

    def _tell(self, frame: dict[str, Any]) -> None:
        self.socket.send(json.dumps(frame))


@pytest.fixture
def shop(browser: Browser) -> Iterator[Shop]:
    with browser.new_context() as context:
        context.set_default_timeout(15_000)
        yield Shop(context.new_page())


def test_vue(shop: Shop) -> None:
    imported = 'import { connection } from "/connection.js";\n'
    shop.files["/documented.js"] = imported + block("js", 'from "vue"')
    shop.files["/main.js"] = VUE
    shop.open("main")
    shown = shop.page.locator("#app p")
    expect(shown).to_have_text("nothing reply 1 undefined")
    shop.changes("paid")
    expect(shown).to_have_text("paid reply 1 undefined")
    shop.drop()
    expect(shown).to_have_text("paid reply 2 undefined")
    watch = {"action": "orders.watch", "payload": {"order_id": 7}}
    assert [{**each, "id": "1"} for each in shop.messages] == [{**watch, "id": "1"}] * 2

    shop.page.evaluate("window.app.unmount()")
    shop.page.evaluate(OPEN_AGAIN)
    shop.drop()
    shop.page.evaluate("window.again.then(() => window.connection.call('last'))")
    assert [each["action"] for each in shop.messages[2:]] == ["last"]


def test_htmx(shop: Shop) -> None:
    row = block("html", "hx-trigger")
    shop.files["/orders/7/"] = "<td>loaded anew</td>"
    imported = 'import { connection } from "/connection.js";\n'
    shop.files["/main.js"] = imported + block("js", "htmx.trigger")
    shop.open("main", row)
    shop.changes("paid")
    expect(shop.page.locator("td")).to_have_text("loaded anew")
