"""client.js in a real browser, against the local gateway. WSROUTER_HAND_OVERS is the
number of hand-overs to count through."""

import os

from playwright.sync_api import BrowserContext

from tests.browser.client.counting import WATCHING, count, listening
from tests.e2e.ws_local_stack import Stack, started

HAND_OVERS = int(os.environ.get("WSROUTER_HAND_OVERS", "3"))
OPTIONS = {"handOver": 4000, "handOverSpread": 100, "overlap": 3500}
"""A post to a socket that has just closed is tried again for 0.6 s: an event that was
meant for the old socket alone has to arrive within the overlap, on a busy machine,
too."""
NUMBERS_A_REQUEST = 20


def test_hand_overs_lose_and_double_no_event(
    context: BrowserContext, stack: Stack
) -> None:
    numbers = 0
    with listening(context, stack, **OPTIONS) as page:
        while page.evaluate("window.sockets.length") <= HAND_OVERS:
            count(stack, numbers, numbers + NUMBERS_A_REQUEST)
            numbers += NUMBERS_A_REQUEST
        page.wait_for_function(f"window.numbers.length >= {numbers}")
        heard = page.evaluate("window.numbers.toSorted((a, b) => a - b)")
        assert heard == list(range(numbers))
        assert page.evaluate("window.states") == ["open"]
        assert page.evaluate("window.errors") == []


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
        with started(stack, "--no-cookies"):
            page.wait_for_function(WATCHING)
            count(stack, 0, 5)
            page.wait_for_function("window.numbers.length === 5")
            page.evaluate("window.connection.close()")
