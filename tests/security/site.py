"""A Django that serves on a port, and the local gateway before it."""

import json
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from typing import Any
from urllib.error import HTTPError
from urllib.request import Request, urlopen

from django.contrib.auth.models import User
from django.test import Client, override_settings
from django.test.testcases import LiveServerThread
from websockets.exceptions import InvalidStatus
from websockets.sync.client import ClientConnection

from tests.django.events import headers
from tests.local.running_gateway import RunningGateway, running
from tests.ports import free_port
from tests.security.served import SETTINGS
from wsrouter import wsgi
from wsrouter.local.rules.behaviour import Behaviour
from wsrouter.wiring import publisher

OTHER = {"SECRET": "y" * 32, "ROUTER": SETTINGS["ROUTER"]}
PATIENCE = 30


@dataclass
class Site:
    """What attackers reach: the gateway, and Django behind it."""

    gateway: RunningGateway
    url: str

    def open(
        self,
        user: User | None = None,
        *,
        query: str = "",
        sent: Mapping[str, str] | None = None,
    ) -> ClientConnection:
        """A handshake with the user's cookies; raises InvalidStatus."""
        headers = dict(sent or {}) | ({"Cookie": cookie(user)} if user else {})
        options = {"open_timeout": PATIENCE, "additional_headers": headers}
        return self.gateway.connect(query, **options)

    def attempt(self, user: User | None = None, **how: Any) -> str:
        """Who somebody is after a handshake, or the status that refused it."""
        try:
            with self.open(user, **how) as client:
                return ask(client, "who")
        except InvalidStatus as refusal:
            return str(refusal.response.status_code)

    def post(
        self, event: str, connection_id: str, *, user: User | None = None, **mapped: Any
    ) -> tuple[int, bytes]:
        """An event that does not pass the gateway."""
        key = "who" if event == "MESSAGE" else ""
        sent = headers(event, key, connection_id=connection_id, **mapped)
        if user is not None:
            sent["Cookie"] = cookie(user)
        body = b'{"action": "who", "id": "1"}' if event == "MESSAGE" else b""
        request = Request(f"{self.url}/ws/", body, sent, method="POST")
        try:
            with urlopen(request, timeout=PATIENCE) as answer:
                return answer.status, answer.read()
        except HTTPError as error:
            with error:
                return error.code, error.read()


def cookie(user: User) -> str:
    browser = Client()
    browser.force_login(user)
    return f"sessionid={browser.cookies['sessionid'].value}"


def ask(client: ClientConnection, action: str) -> str:
    """The payload of the reply, or the code of the error."""
    client.send(json.dumps({"action": action, "id": "1"}))
    frame = json.loads(client.recv(timeout=PATIENCE))
    return str(frame.get("payload") or frame.get("error", frame).get("code"))


def _django(handler: Any) -> Any:
    return handler


def _front_door(handler: Any) -> Any:
    return wsgi.fast_path(handler)


@contextmanager
def serving(
    *,
    behaviour: Behaviour | None = None,
    principal: str = "-",
    front: bool = False,
    **entry: Any,
) -> Iterator[Site]:
    """Two gateways are configured; the local one serves `default`. With `front`, Django
    stands behind the fast path. The database has to be one that threads can share."""
    port, stack = free_port(), ExitStack()
    place = f"http://127.0.0.1:{port}/production"
    default = {**SETTINGS, "MANAGEMENT_ENDPOINT": place, **entry}
    with stack:
        configured = {"default": default, "other": OTHER}
        stack.enter_context(override_settings(WSROUTER=configured))
        server = LiveServerThread("127.0.0.1", _front_door if front else _django)
        server.start()
        stack.callback(server.terminate)
        server.is_ready.wait()
        assert server.error is None, server.error
        url = f"http://127.0.0.1:{server.port}"
        gateway = running(
            publisher.local_snapshot(),
            f"{url}/ws/",
            behaviour=behaviour,
            port=port,
            principal=principal,
        )
        yield Site(stack.enter_context(gateway), url)
