"""Pages that are silent, hidden or frozen for longer than the gateway's idle time."""

from pathlib import Path

from playwright.sync_api import BrowserContext

from tests.browser.client import tabs
from tests.browser.client.counting import WATCHING, count, listening
from tests.e2e.ws_local_stack import Stack, eventually

PINGS = "window.sent.filter((action) => action === 'wsrouter.ping').length"


def test_a_silent_page_hits_no_limit(context: BrowserContext, stack: Stack) -> None:
    options = {"keepAlive": 1000, "handOver": 4000, "handOverSpread": 0}
    with listening(context, stack, **options, overlap=100) as page:
        page.wait_for_function("window.sockets.length > 1")
        page.wait_for_function("window.sockets[0].readyState === WebSocket.CLOSED")
        assert page.evaluate("window.states") == ["open"]


def test_a_hidden_tab_hits_no_limit(stack: Stack, tmp_path: Path) -> None:
    """Chromium lets its timers fire once a second; the idle time is 3 s."""
    hearing = {"keepAlive": 1000, "pingTimeout": 1000}
    with tabs.two_tabs(tmp_path) as (tab, other), tabs.hearing(tab, stack, **hearing):
        other.show()
        tab.wait_for("document.visibilityState === 'hidden'")
        tab.wait_for(f"{PINGS} > 3")
        assert tab.evaluate("window.states.join() + window.sockets.length") == "open1"


def test_a_tab_that_is_frozen_for_longer_than_the_idle_time_comes_back(
    stack: Stack, tmp_path: Path
) -> None:
    with tabs.two_tabs(tmp_path) as (tab, _), tabs.hearing(tab, stack, keepAlive=1000):
        tab.set_state("frozen")
        eventually(lambda: not stack.get("/open/")["ids"])
        assert tab.evaluate("window.states.join()") == "open"
        tab.set_state("active")
        tab.wait_for(
            f"window.states.join() === 'open,waiting,connecting,open' && {WATCHING}"
        )
        count(stack, 0, 5)
        tab.wait_for("window.numbers.length === 5")
