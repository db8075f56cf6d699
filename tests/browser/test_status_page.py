"""The status page of `ws_local` in a browser: as a client, and over a restart."""

from collections.abc import Iterator
from contextlib import ExitStack

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.local.recording_backend import RecordingBackend, Request, Response
from tests.local.running_gateway import RunningGateway, running, snapshot
from tests.ports import free_port

LONG_ROUTE = "notifications.preferences.unsubscribe_everything"


@pytest.fixture
def backend() -> Iterator[RecordingBackend]:
    recording = RecordingBackend()
    with recording.running():
        yield recording


@pytest.fixture
def gateway(backend: RecordingBackend) -> Iterator[RunningGateway]:
    with running(snapshot(LONG_ROUTE, "$connect", "$default"), backend.url) as one:
        yield one


@pytest.fixture
def page(browser: Browser) -> Iterator[Page]:
    with ExitStack() as leaving:
        context = browser.new_context(locale="en-GB")
        leaving.callback(context.close)
        context.set_default_timeout(15_000)
        yield context.new_page()


def address(port: int) -> str:
    return f"http://127.0.0.1:{port}/"


def test_it_speaks_as_a_client(
    backend: RecordingBackend, gateway: RunningGateway, page: Page
) -> None:
    backend.respond = lambda request: Response(body=b"to " + request.body)
    page.goto(address(gateway.port))
    frames = page.locator("#client-frames li")
    page.get_by_label("Query").fill("ticket=abc")
    page.get_by_role("button", name="Connect", exact=True).click()
    expect(page.locator("#client-state")).to_have_text("Connected.")
    expect(page.locator("#connections li")).to_have_count(1)
    page.get_by_label("Message").fill("hello")
    page.get_by_role("button", name="Send message").click()
    expect(frames).to_have_text(["to hello", "hello"])
    page.get_by_role("button", name="Disconnect").click()
    expect(page.locator("#client-state")).to_have_text("Closed with 1000.")
    expect(page.get_by_role("button", name="Send message")).to_be_disabled()
    [opening] = backend.of("CONNECT")
    assert opening.header("Origin") == address(gateway.port).rstrip("/")
    assert opening.target.endswith("?ticket=abc")


def test_a_refusal_is_explained(
    backend: RecordingBackend, gateway: RunningGateway, page: Page
) -> None:
    def refuse(request: Request) -> Response:
        return Response(status=401)

    backend.respond = refuse
    page.goto(address(gateway.port))
    page.get_by_role("button", name="Connect", exact=True).click()
    refused = "Refused. The live traffic says why."
    expect(page.locator("#client-state")).to_have_text(refused)
    expect(page.locator("#frames .failed .outcome")).to_have_text("refused 401")


def test_an_error_of_api_gateway_is_explained(
    backend: RecordingBackend, page: Page
) -> None:
    with running(snapshot("a", "$connect"), backend.url) as gateway:
        page.goto(address(gateway.port))
        page.get_by_role("button", name="Connect", exact=True).click()
        expect(page.locator("#client-state")).to_have_text("Connected.")
        page.get_by_label("Message").fill('{"action": "b"}')
        page.get_by_role("button", name="Send message").click()
        frame = page.locator("#client-frames li").first
        expect(frame.locator("pre")).to_contain_text('"message": "Forbidden"')
        expect(frame.locator(".why")).to_contain_text("found no route")


def test_it_comes_back_after_a_restart(backend: RecordingBackend, page: Page) -> None:
    port = free_port()
    with running(snapshot(), backend.url, port=port):
        page.goto(address(port))
        expect(page.locator("#state")).to_have_text("live")
        page.get_by_label("Message").fill("kept")
    expect(page.locator("#state")).to_contain_text("Waiting until it runs again")
    with running(snapshot(), backend.url, port=port) as restarted:
        expect(page.locator("#state")).to_have_text("live")
        expect(page.get_by_label("Message")).to_have_value("kept")
        with restarted.connect():
            expect(page.locator("#connections li")).to_have_count(1)
            page.get_by_role("button", name="Close").click()
            expect(page.locator("#connections li")).to_have_count(0)


@pytest.mark.parametrize("width", [360, 900, 1280])
def test_a_long_route_wraps_between_its_words(
    backend: RecordingBackend, gateway: RunningGateway, page: Page, width: int
) -> None:
    page.set_viewport_size({"width": width, "height": 800})
    page.goto(address(gateway.port))
    with gateway.connect() as client:
        client.send(f'{{"action": "{LONG_ROUTE}"}}')
        route = page.locator("#frames .route", has_text=LONG_ROUTE)
        expect(route).to_have_text(LONG_ROUTE)
        words = route.evaluate(
            """element => [...element.childNodes]
                .filter((node) => node.nodeType === Node.TEXT_NODE)
                .map((node) => {
                  const range = document.createRange();
                  range.selectNode(node);
                  return range.getClientRects().length;
                })"""
        )
    assert words == [1] * len(words)
    is_wider = "document.documentElement.scrollWidth > window.innerWidth"
    assert not page.evaluate(is_wider)
