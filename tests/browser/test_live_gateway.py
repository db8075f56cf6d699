"""A page in a real browser, with the gateway that the test kit puts in front of
Django's live server."""

import threading
from collections.abc import Iterator

import pytest
from django.contrib.staticfiles.testing import StaticLiveServerTestCase
from django.test import override_settings
from playwright.sync_api import Browser, expect

from tests.browser import live_page
from tests.django.events import serving
from wsrouter.testing import LiveGatewayMixin, captured_events


@pytest.mark.usefixtures("in_class")
@override_settings(ROOT_URLCONF="tests.browser.live_page")
class PageTests(LiveGatewayMixin, StaticLiveServerTestCase):
    browser: Browser

    def test_what_is_sent_here_is_on_the_page(self) -> None:
        page = self.browser.new_page()
        self.addCleanup(page.close)
        errors: list[str] = []
        page.on("console", lambda it: errors.append(it.text))
        page.on("pageerror", lambda error: errors.append(str(error)))
        page.goto(self.live_server_url)
        connected = "Connected as somebody"
        expect(page.locator("#state")).to_have_text(connected, timeout=30_000)
        with captured_events() as sent:
            live_page.told.send("Lunch!", everyone=True)
        expect(page.locator("li")).to_have_text("Lunch!")
        assert sent.assert_sent(live_page.told, "Lunch!", everyone=True)
        assert errors == []


@pytest.fixture(scope="module", autouse=True)
def _beside_a_loop() -> Iterator[None]:
    """Playwright runs an event loop in this thread, which Django's ORM objects to."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("DJANGO_ALLOW_ASYNC_UNSAFE", "true")
        yield


@pytest.fixture
def in_class(request: pytest.FixtureRequest, browser: Browser) -> Iterator[None]:
    request.cls.browser = browser
    with serving(live_page.router):
        yield
    names = [thread.name for thread in threading.enumerate()]
    assert not [name for name in names if "live-gateway" in name]
