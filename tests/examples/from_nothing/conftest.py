"""A headless Chromium that waits, for all that is new here is slow, and axe."""

from playwright.sync_api import expect

from tests.browser.conftest import axe, browser

expect.set_options(timeout=30_000)
__all__ = ["axe", "browser"]
