"""The fixtures of the test kit, and the option that chooses the gateway.

pytest loads it with every run of a project that has wsrouter installed. Django is
imported when a fixture is used, and pytest-django is needed then.
"""

from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING, Any

import pytest

from wsrouter.testing import chosen_gateway

if TYPE_CHECKING:
    from wsrouter.testing.async_client import AsyncWebSocketClient
    from wsrouter.testing.client import WebSocketClient
    from wsrouter.testing.event_capture import CapturedEvents
    from wsrouter.testing.live_gateway import LiveGateway

_CLIENTS = ("ws_client", "async_ws_client")
_COMMITTING = ("async_ws_client", "ws_live")


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.getgroup("wsrouter").addoption(
        "--ws-gateway",
        default="",
        metavar="GATEWAY",
        help="What WebSocket test clients talk to: `memory` (the default), `local` (the"
        " gateway of ws_local), or the ws:// or wss:// URL of a deployed API.",
    )


def pytest_configure(config: pytest.Config) -> None:
    try:
        chosen_gateway.choose(config.getoption("--ws-gateway"))
    except ValueError as error:
        raise pytest.UsageError(f"--ws-gateway: {error}") from error


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """A server, and the thread of an async test, see only what is committed."""
    is_local = chosen_gateway.chosen() == chosen_gateway.LOCAL
    committing = {*_COMMITTING, *(_CLIENTS if is_local else ())}
    for item in items:
        if committing & {*getattr(item, "fixturenames", ())}:
            item.add_marker(pytest.mark.django_db(transaction=True), append=False)


@pytest.fixture
def ws_client(request: pytest.FixtureRequest) -> "Iterator[MakeClient]":
    """Makes clients: `ws_client(user)`. They are not connected yet, and are closed
    after the test."""
    _need_database(request)
    from wsrouter.testing.client import WebSocketClient

    made: list[WebSocketClient] = []

    def make(user: Any = None, **options: Any) -> WebSocketClient:
        made.append(WebSocketClient(user, **options))
        return made[-1]

    yield make
    for client in made:
        client.__exit__()


@pytest.fixture
def async_ws_client(request: pytest.FixtureRequest) -> "Iterator[MakeAsyncClient]":
    """Makes clients for async tests: `async_ws_client(user)`."""
    _need_database(request)
    from wsrouter.testing.async_client import AsyncWebSocketClient

    made: list[AsyncWebSocketClient] = []

    def make(user: Any = None, **options: Any) -> AsyncWebSocketClient:
        made.append(AsyncWebSocketClient(user, **options))
        return made[-1]

    yield make
    for client in made:
        client._client.__exit__()


@pytest.fixture
def captured_events(request: pytest.FixtureRequest) -> "Iterator[CapturedEvents]":
    """All that is sent in the test."""
    _need_database(request)
    from wsrouter.testing.event_capture import captured_events as capturing

    with capturing() as captured:
        yield captured


@pytest.fixture
def ws_live(request: pytest.FixtureRequest) -> "Iterator[LiveGateway]":
    """The local gateway in front of pytest-django's `live_server`."""
    _need_database(request)
    from wsrouter.testing.live_gateway import LiveGateway

    with LiveGateway(request.getfixturevalue("live_server").url) as gateway:
        yield gateway


def _need_database(request: pytest.FixtureRequest) -> None:
    """The marker of the test decides which one."""
    if not request.config.pluginmanager.hasplugin("django"):
        pytest.fail(
            f"The fixture {request.fixturename!r} of wsrouter needs pytest-django: pip"
            " install pytest-django. (wsrouter.testing has the same for unittest.)",
            pytrace=False,
        )
    if not _has_settings():
        pytest.fail(
            f"The fixture {request.fixturename!r} of wsrouter needs Django's settings:"
            " set DJANGO_SETTINGS_MODULE, as pytest-django describes.",
            pytrace=False,
        )
    request.getfixturevalue("db")


def _has_settings() -> bool:
    from django.conf import settings

    return bool(settings.configured)


MakeClient = Callable[..., "WebSocketClient"]
MakeAsyncClient = Callable[..., "AsyncWebSocketClient"]
