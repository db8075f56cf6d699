"""client.js in a real browser, against the local gateway. WSROUTER_HAND_OVERS is the
number of hand-overs to count through."""

import os
from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, BrowserContext, sync_playwright

from tests.browser.conftest import OFFLINE
from tests.browser.counting import WATCHING, counting_stack, listening
from tests.e2e.ws_local_stack import Stack, running, started
from tests.programs import program

HAND_OVERS = int(os.environ.get("WSROUTER_HAND_OVERS", "3"))
OPTIONS = {"handOver": 1000, "handOverSpread": 100, "overlap": 700}
LIMITS = ["--no-cookies", "--idle-timeout", "3", "--max-duration", "12"]
NUMBERS_A_REQUEST = 20


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    """One with a page cache."""
    executable = program("chromium", "chromium-browser", "google-chrome")
    with sync_playwright() as playwright:
        launched = playwright.chromium.launch(
            executable_path=executable,
            args=OFFLINE,
            ignore_default_args=["--disable-back-forward-cache"],
        )
        yield launched
        launched.close()


@pytest.fixture(scope="module")
def stack(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stack]:
    with running(
        counting_stack(tmp_path_factory.mktemp("count")), *LIMITS
    ) as running_stack:
        yield running_stack


@pytest.fixture
def context(browser: Browser) -> Iterator[BrowserContext]:
    made = browser.new_context()
    yield made
    made.close()


def count(context: BrowserContext, stack: Stack, start: int, stop: int) -> None:
    """Have the numbers sent, one every 50 ms."""
    url = f"http://127.0.0.1:{stack.django_port}/count/{start}/{stop}/"
    answer = context.request.get(url, timeout=60_000)
    assert answer.ok, answer.text()


def test_hand_overs_lose_and_double_no_event(
    context: BrowserContext, stack: Stack
) -> None:
    numbers = 0
    with listening(context, stack, **OPTIONS) as page:
        while page.evaluate("window.sockets.length") <= HAND_OVERS:
            count(context, stack, numbers, numbers + NUMBERS_A_REQUEST)
            numbers += NUMBERS_A_REQUEST
        page.wait_for_function(f"window.numbers.length >= {numbers}")
        heard = page.evaluate("window.numbers.toSorted((a, b) => a - b)")
        assert heard == list(range(numbers))
        assert page.evaluate("window.states") == ["open"]
        assert page.evaluate("window.errors") == []


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


def test_a_session_that_ended_ends_the_connection(
    context: BrowserContext, stack: Stack
) -> None:
    with listening(context, stack) as page:
        context.clear_cookies()
        page.evaluate("window.sockets.at(-1).close()")
        page.wait_for_function("window.connection.state === 'refused'")


def test_a_gateway_that_restarts_gets_its_subscriptions_back(
    context: BrowserContext, stack: Stack
) -> None:
    """The last of them: the gateway that it starts ends with it."""
    with listening(context, stack, backoffCap=500) as page:
        page.evaluate("window.isWatching = 0")
        stack.interrupt()
        page.wait_for_function("window.states.includes('waiting')")
        with started(stack, *LIMITS):
            page.wait_for_function(WATCHING)
            count(context, stack, 0, 5)
            page.wait_for_function("window.numbers.length === 5")
            page.evaluate("window.connection.close()")
