"""What happens to pages that are silent, frozen, offline or in the browser's cache."""

from playwright.sync_api import BrowserContext

from tests.browser.client.counting import WATCHING, count, listening
from tests.e2e.ws_local_stack import Stack


def test_a_silent_page_hits_no_limit(context: BrowserContext, stack: Stack) -> None:
    options = {"keepAlive": 1000, "handOver": 4000, "handOverSpread": 0}
    with listening(context, stack, **options, overlap=100) as page:
        page.wait_for_function("window.sockets.length > 1")
        page.wait_for_function("window.sockets[0].readyState === WebSocket.CLOSED")
        assert page.evaluate("window.states") == ["open"]


def test_a_frozen_page_and_one_without_a_network_come_back(
    context: BrowserContext, stack: Stack
) -> None:
    options = {"keepAlive": 1000, "pingTimeout": 1000}
    with listening(context, stack, **options) as page:
        protocol = context.new_cdp_session(page)
        protocol.send("Page.setWebLifecycleState", {"state": "frozen"})
        count(context, stack, 0, 5)
        protocol.send("Page.setWebLifecycleState", {"state": "active"})
        page.wait_for_function("window.numbers.length === 5")

        context.set_offline(True)
        page.evaluate("window.sockets.at(-1).close()")
        page.wait_for_function("window.states.includes('waiting')")
        context.set_offline(False)
        page.wait_for_function(WATCHING)


def test_a_page_that_comes_back_from_the_cache_is_connected_again(
    context: BrowserContext, stack: Stack
) -> None:
    with listening(context, stack) as page:
        page.evaluate("window.sameDocument = true")
        page.goto("data:text/html,elsewhere")
        page.go_back(wait_until="commit")  # nothing is loaded
        page.wait_for_function(WATCHING)
        assert page.evaluate("window.sameDocument") is True
        assert page.evaluate("window.sockets.length") == 2
