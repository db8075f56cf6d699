"""A headless Chromium, and the example's site that it looks at."""

from collections.abc import Callable, Iterator
from contextlib import ExitStack
from dataclasses import dataclass, field
from pathlib import Path

import pytest
from playwright.sync_api import (
    Browser,
    BrowserContext,
    ConsoleMessage,
    Locator,
    Page,
    WebError,
    expect,
    sync_playwright,
)

from tests import node_packages
from tests.browser.console_page import Open
from tests.browser.console_site import ConsoleSite
from tests.examples.notifications import Notifications
from tests.programs import program

HERE = Path(__file__).parent
expect.set_options(timeout=30_000)  # a busy machine is slow, and no page is wrong
# The browser must send nothing over the network but what the test asks for.
OFFLINE = [
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-gpu",
    "--disable-quic",
    "--disable-sync",
    "--no-first-run",
    "--no-sandbox",
]


@dataclass
class Visitor:
    """A user with a browser: tabs that share their cookies; `console_errors` collects
    the errors and warnings of all tabs."""

    site: Notifications
    context: BrowserContext
    console_errors: list[str] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.context.set_default_timeout(15_000)
        self.context.on("console", self._listen)
        self.context.on("weberror", self._add_error)

    def tab(self, path: str = "/") -> Page:
        page = self.context.new_page()
        page.goto(self.site.url + path)
        return page

    def log_in(self, name: str, path: str = "/") -> Page:
        page = self.tab(path)
        page.get_by_label("Username").fill(name)
        page.get_by_label("Password").fill(name)
        page.get_by_role("button", name="Log in").click()
        return page

    def _add_error(self, error: WebError) -> None:
        self.console_errors.append(str(error.error))

    def _listen(self, message: ConsoleMessage) -> None:
        if message.type in ("error", "warning"):
            self.console_errors.append(message.text)


Visit = Callable[..., Visitor]


def set_notifications(site: Notifications, *texts: str) -> None:
    """Give Ada exactly these notifications, unread."""
    site.shell(
        f"""
from django.contrib.auth.models import User
mine = User.objects.get(username="ada").notifications
mine.all().delete()
for text in {texts!r}:
    mine.create(text=text)
"""
    )


def is_connected(tab: Page) -> None:
    expect(tab.locator("#state")).to_have_text("Connected")


def item(tab: Page, text: str) -> Locator:
    return tab.locator("#list li").filter(has_text=text)


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    """One browser for each module, not for the session: Playwright runs an event loop,
    and Django refuses database access in a thread that has one."""
    executable = program("chromium", "chromium-browser", "google-chrome")
    with sync_playwright() as playwright:
        launched = playwright.chromium.launch(executable_path=executable, args=OFFLINE)
        yield launched
        launched.close()


@pytest.fixture(scope="module")
def site(
    browser: Browser, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Notifications]:
    folder = tmp_path_factory.mktemp("notifications")
    with Notifications(folder).running() as running:
        yield running


@pytest.fixture
def visit(browser: Browser, site: Notifications) -> Iterator[Visit]:
    """A new visitor; options are those of a browser context."""
    with ExitStack() as leaving:

        def one(**options: object) -> Visitor:
            context = browser.new_context(locale="en-GB", **options)  # type: ignore[arg-type]
            leaving.callback(context.close)
            return Visitor(site, context)

        yield one


@pytest.fixture(scope="module")
def axe() -> str:
    """The program that finds what people with a screen reader or a keyboard miss."""
    return (node_packages.installed(HERE) / "axe-core" / "axe.min.js").read_text()


@pytest.fixture(scope="module")
def console(
    browser: Browser, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[ConsoleSite]:
    with ConsoleSite(tmp_path_factory.mktemp("console")).running() as running:
        yield running


@pytest.fixture
def opened(browser: Browser) -> Iterator[Open]:
    """Opens the console of a site, logged in as `user`. No page has written an error
    or a warning when the test ends, but what the test took out of `page.errors`."""
    with ExitStack() as leaving:
        errors: list[str] = []

        def one(site: ConsoleSite, user: str = "ada", path: str = "/ws/docs/") -> Page:
            context = browser.new_context(locale="en-GB")
            leaving.callback(context.close)
            context.set_default_timeout(15_000)
            if user:
                context.request.get(f"{site.url}/log-in/{user}/")
            context.on("weberror", lambda error: errors.append(str(error.error)))
            context.on(
                "console",
                lambda message: (
                    errors.append(message.text)
                    if message.type in ("error", "warning")
                    else None
                ),
            )
            page = context.new_page()
            page.goto(site.url + path)
            expect(page.locator("body")).to_have_attribute("data-ready", "yes")
            page.errors = errors  # type: ignore[attr-defined]
            return page

        yield one
        assert errors == []
