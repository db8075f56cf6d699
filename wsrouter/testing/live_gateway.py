"""The local gateway in a thread of the test process, in front of a live server."""

import os
import secrets
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import replace
from typing import Any, Self

from django.core.signals import setting_changed

from wsrouter import conf
from wsrouter.auth import origins
from wsrouter.aws.posts import keepalive, transports
from wsrouter.catalog.snapshot import HTTP_PROXY, Snapshot
from wsrouter.options import environment
from wsrouter.testing.faulty_transport import FaultyTransport
from wsrouter.testing.simulated_gateway import mapped
from wsrouter.testing.substitution import substituted
from wsrouter.wiring import publisher
from wsrouter.wiring.endpoint_path import endpoint_path

_SECONDS = 10.0
_POLL_SECONDS = 0.01
_running: dict[str, "LiveGateway"] = {}
_users_of_shared: dict[str, int] = {}


class LiveGateway:
    """`with LiveGateway(live_server_url) as gateway:` holds sockets at `gateway.url`.
    Without a URL it starts a live server of Django's itself. `{% ws_url %}` and
    `client_url` give this URL to pages. Needs the extra `local`."""

    def __init__(self, live_server_url: str = "", *, gateway: str = "default") -> None:
        self.live_server_url = live_server_url
        self.url = ""
        self._alias = gateway
        self._stack = ExitStack()
        self._opening = threading.Lock()

    def start(self) -> Self:
        """Listen on a free port; raises MissingExtra."""
        from wsrouter.testing.django_server import django_server
        from wsrouter.testing.gateway_thread import GatewayThread  # needs the extra

        with ExitStack() as stack:
            if not self.live_server_url:
                self.live_server_url = stack.enter_context(django_server())
            secret = secrets.token_hex(32)
            self._thread = GatewayThread(self._snapshot(secret))
            self.url = f"ws://{self._thread.bind()}"
            stack.enter_context(self._settings())
            origins.of_live_servers.add(self.live_server_url)
            stack.callback(origins.of_live_servers.discard, self.live_server_url)
            stack.callback(keepalive.forget)
            transport = FaultyTransport(self._transport())
            stack.enter_context(
                substituted(transport=transport, secret=secret, retries_at_once=True)
            )
            stack.callback(self._thread.stop)
            self._thread.start()
            _running[self._alias] = self
            stack.callback(_running.pop, self._alias)
            self._stack = stack.pop_all()
        return self

    def stop(self) -> None:
        """Close the sockets, deliver each `$disconnect`, and end the threads."""
        self._stack.close()

    def __enter__(self) -> Self:
        return self.start()

    def __exit__(self, *_: object) -> None:
        self.stop()

    @contextmanager
    def opening(self, user_agent: str) -> Iterator[Callable[[], str]]:
        """Around one handshake: gives a function that says the id of the connection."""
        with self._opening:
            before = self._thread.user_agents().keys()

            def opened() -> str:
                while True:
                    now = self._thread.user_agents()
                    new = [one for one in now if one not in before]
                    mine = [one for one in new if now[one] == user_agent] or new
                    if mine:
                        return mine[0]
                    time.sleep(_POLL_SECONDS)

            yield opened

    def wait_for_disconnect(self, connection_id: str, seconds: float) -> None:
        """Return when the endpoint was told of the end of a connection."""
        end = time.monotonic() + seconds
        while time.monotonic() < end and not self._thread.has_ended(connection_id):
            time.sleep(_POLL_SECONDS)

    def _snapshot(self, secret: str) -> Snapshot:
        gateway = conf.gateway(self._alias)
        snapshot = publisher.local_snapshot(self._alias)
        integration = replace(
            snapshot.integration,
            type=HTTP_PROXY,
            uri=self.live_server_url + endpoint_path(),
            request_parameters=mapped(gateway, secret),
        )
        return replace(snapshot, integration=integration)

    def _transport(self) -> Any:
        gateway = conf.gateway(self._alias)
        return transports.transport(
            gateway.transport, conf.gateways, in_flight=gateway.in_flight
        )

    @contextmanager
    def _settings(self) -> Iterator[None]:
        """As `ws_local` does: settings that a test overrides meanwhile do not hide
        it."""
        name = environment.management_endpoint_variable(self._alias)
        before = os.environ.get(name)
        os.environ[name] = self.url.replace("ws:", "http:", 1)
        _settings_changed()
        try:
            yield
        finally:
            if before is None:
                del os.environ[name]
            else:
                os.environ[name] = before
            _settings_changed()


class LiveGatewayMixin:
    """For LiveServerTestCase and StaticLiveServerTestCase: `self.ws_url` is the URL of
    a local gateway in front of the live server. It starts in `setUp`, or when the URL
    is first asked for, and ends after the test's own cleanups."""

    ws_gateway = "default"
    addCleanup: Callable[..., Any]  # noqa: N815  # unittest's

    def setUp(self) -> None:  # unittest's
        super().setUp()  # type: ignore[misc]
        self.live_gateway  # noqa: B018  # starts it

    @property
    def live_gateway(self) -> LiveGateway:
        found: LiveGateway | None = self.__dict__.get("_live_gateway")
        if found is None:
            url: str = self.live_server_url  # type: ignore[attr-defined]
            found = LiveGateway(url, gateway=self.ws_gateway).start()
            self.__dict__["_live_gateway"] = found
            self.addCleanup(self.__dict__.pop, "_live_gateway")
            self.addCleanup(found.stop)
        return found

    @property
    def ws_url(self) -> str:
        """`ws://127.0.0.1:<port>/<stage>`."""
        return self.live_gateway.url


def shared(alias: str) -> tuple[LiveGateway, Callable[[], None]]:
    """The running gateway of this alias; else one that runs until the last of those who
    share it has called the function that comes with it."""
    if alias in _running and not _users_of_shared.get(alias):
        return _running[alias], lambda: None
    if alias not in _running:
        LiveGateway(gateway=alias).start()
    gateway = _running[alias]
    _users_of_shared[alias] = _users_of_shared.get(alias, 0) + 1

    def release() -> None:
        _users_of_shared[alias] -= 1
        if not _users_of_shared[alias]:
            gateway.stop()

    return gateway, release


def _settings_changed() -> None:
    from django.conf import settings

    value = getattr(settings, "WSROUTER", None)
    setting_changed.send(sender=None, setting="WSROUTER", value=value, enter=True)
