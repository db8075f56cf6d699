"""client.js in a real browser: what may happen to its tickets, handshakes, networks and
pages."""

import os
import signal
import socket
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from playwright.sync_api import BrowserContext, Route

from tests.browser.client import tabs
from tests.browser.client.counting import (
    WATCHING,
    count,
    keep,
    listen,
    listening,
    visiting,
)
from tests.e2e.ws_local_stack import Stack, eventually, listens
from tests.ports import free_port

CLOSE = """() => {
  const called = window.connection.call("say", { text: "x" }, { queue: true });
  window.ended = called.catch(({ name }) => name);
  window.connection.close();
}"""
SETTLED = "window.sockets.every(({ readyState }) => readyState === WebSocket.CLOSED)"


def unanswered(route: Route) -> None:
    """The request hangs."""


def answering(status: int, body: str) -> Callable[[Route], None]:
    return lambda route: route.fulfill(status=status, body=body)


def test_a_ticket_that_fails_is_followed_by_another(
    context: BrowserContext, stack: Stack
) -> None:
    wrong = [
        unanswered,
        answering(500, "oops"),
        answering(200, "no JSON"),
        answering(200, "{}"),
        answering(200, '{"ticket": "wrong"}'),
    ]
    with visiting(context, stack) as page:
        answers = iter(wrong)
        page.route("**/ws/ticket/", lambda route: next(answers, Route.continue_)(route))
        listen(page, stack.url, connectTimeout=4000, backoffCap=50)
        page.wait_for_function(WATCHING)
        assert page.evaluate("window.states") == ["waiting", "connecting"] * 5 + [
            "open"
        ]
        slow, status, _, _, refused = page.evaluate("window.causes")
        assert (slow, status, refused) == ("The handshake took too long.", 500, 1006)
        assert page.evaluate("window.sockets.length") == 2


def test_a_refused_handshake_ends_only_when_the_session_has(
    context: BrowserContext, stack: Stack
) -> None:
    with visiting(context, stack) as page:
        listen(page, stack.url, ticket=None, session="/session/", backoffCap=50)
        page.wait_for_function("window.sockets.length > 2")
        assert "refused" not in page.evaluate("window.states")
        context.clear_cookies()
        page.wait_for_function("window.connection.state === 'refused'")
        assert page.evaluate("window.causes.at(-1)") == 401


@contextmanager
def deaf_url() -> Iterator[str]:
    """Connections are accepted, and never answered."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        yield f"ws://127.0.0.1:{server.getsockname()[1]}"


def test_it_can_be_closed_in_every_state(context: BrowserContext, stack: Stack) -> None:
    with visiting(context, stack) as page, deaf_url() as deaf:
        page.route("**/never/", unanswered)
        page.route("**/refused/", answering(401, ""))

        def closes(
            url: str, when: str, state: str = "closed", **options: object
        ) -> None:
            listen(page, url, **options)
            page.wait_for_function(f"() => {when}")
            page.evaluate(CLOSE)
            assert page.evaluate("window.connection.state") == state, when
            assert page.evaluate("window.ended") == "ConnectionLost", when
            page.wait_for_function(SETTLED)

        closes(stack.url, "window.connection.state === 'connecting'", ticket="/never/")
        closes(deaf, "window.sockets.length === 1")
        closes(stack.url, "window.connection.state === 'open'")
        closes(stack.url, "window.isWatching >= 2", handOver=200, handOverSpread=0)
        nowhere = f"ws://127.0.0.1:{free_port()}"
        closes(nowhere, "window.connection.state === 'waiting'", backoffBase=60_000)
        closes(
            stack.url,
            "window.connection.state === 'refused'",
            "refused",
            ticket="/refused/",
        )


def test_a_network_goes_and_comes_back(context: BrowserContext, stack: Stack) -> None:
    with listening(context, stack, pingTimeout=300, backoffCap=200) as page:
        context.set_offline(True)
        page.wait_for_function("window.states.includes('waiting')")
        context.set_offline(False)
        page.wait_for_function(WATCHING)
        count(stack, 0, 5)
        page.wait_for_function("window.numbers.length === 5")


def test_kept_events_of_the_time_without_a_network_come_in_order(
    context: BrowserContext, stack: Stack
) -> None:
    with listening(context, stack, pingTimeout=300, backoffCap=200) as page:
        keep(stack, 0, 3)
        page.wait_for_function("window.numbers.length === 3")
        context.set_offline(True)
        page.wait_for_function("window.states.includes('waiting')")
        keep(stack, 3, 40)
        context.set_offline(False)
        page.wait_for_function("window.numbers.length === 40")
        keep(stack, 40, 43)
        page.wait_for_function("window.numbers.length === 43")
        assert page.evaluate("window.numbers") == list(range(43))
        assert page.evaluate("window.errors") == []


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
        assert page.evaluate("window.causes") == [], "the browser has closed the first"


def test_a_hidden_tab_hears_and_a_frozen_one_hears_again(
    stack: Stack, tmp_path: Path
) -> None:
    """Chromium ends the sockets of a tab that it froze (1006)."""
    numbers = iter(range(3, 1000))

    def hears_the_next(tab: tabs.Tab) -> bool:
        number = next(numbers)
        count(stack, number, number + 1)
        return bool(tab.evaluate(f"window.numbers.includes({number})"))

    with tabs.two_tabs(tmp_path) as (tab, other), tabs.hearing(tab, stack):
        other.show()
        tab.wait_for("document.visibilityState === 'hidden'")
        count(stack, 0, 3)
        tab.wait_for("window.numbers.length === 3")
        assert tab.evaluate("window.states.join() + window.sockets.length") == "open1"
        tab.set_state("frozen")
        tab.set_state("active")
        eventually(lambda: hears_the_next(tab))
        heard = tab.evaluate("window.numbers")
        assert heard == sorted(set(heard))


def test_django_restarts_and_no_page_notices(
    context: BrowserContext, stack: Stack
) -> None:
    """The last of them: the Django that it starts ends with it."""
    options = {"handOver": 500, "handOverSpread": 0, "backoffCap": 500}
    with listening(context, stack, **options) as page:
        os.kill(stack.get("/process/")["pid"], signal.SIGKILL)
        eventually(lambda: not listens(stack.django_port))
        say = "window.connection.call('say', {text: 'x'})"
        assert page.evaluate(f"{say}.catch(({{ code }}) => code)") == "gateway_error"
        django = stack.start("runserver", "--noreload", str(stack.django_port))
        try:
            eventually(lambda: listens(stack.django_port))
            page.wait_for_function(f"({WATCHING}) && window.sockets.length > 2")
            count(stack, 0, 5)
            page.wait_for_function("window.numbers.length === 5")
            assert page.evaluate("window.states") == ["open"]
            page.evaluate("window.connection.close()")
        finally:
            django.terminate()
            django.wait()
