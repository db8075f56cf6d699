"""A browser with a page cache, and a gateway that takes tickets alone."""

from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, BrowserContext, sync_playwright

from tests.browser.client.counting import counting_stack
from tests.browser.conftest import OFFLINE
from tests.e2e.ws_local_stack import Stack, running
from tests.programs import program


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
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
    """Without limits that a slow start of Django or a busy machine would reach."""
    counting = counting_stack(tmp_path_factory.mktemp("count"))
    with running(counting, "--no-cookies") as running_stack:
        yield running_stack


@pytest.fixture
def context(browser: Browser) -> Iterator[BrowserContext]:
    made = browser.new_context()
    yield made
    made.close()
