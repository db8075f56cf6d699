"""The sockets of test clients over the network: to the local gateway, or to a deployed
API."""

import time
import weakref
from collections.abc import Callable
from typing import Any

from django.conf import settings
from django.db import connections
from django.test import Client
from pydantic_core import from_json

from wsrouter.client.blocking_socket import BlockingSocket, HandshakeAnswered
from wsrouter.following.question import Question
from wsrouter.options.gateway import Gateway
from wsrouter.registry.transactions import is_testcase_only
from wsrouter.testing import live_gateway
from wsrouter.testing.connect_options import Handshake
from wsrouter.testing.inbox import Inbox
from wsrouter.testing.live_gateway import LiveGateway
from wsrouter.testing.outcomes import HandshakeRefused, NotAtThisGateway
from wsrouter.testing.simulated_gateway import token

_POLL_SECONDS = 0.05
_QUIET_SECONDS = 0.25
"""What was sent before arrives within that time, on this machine or soon after."""
_LOST = 1006


class DeployedSocket:
    """To the URL of an API, whose Django has another process and another database."""

    def __init__(self, url: str, user: Any, inbox: Inbox, seconds: float) -> None:
        self.subprotocol = ""
        self.close_code: int | None = None
        self.is_open = False
        self._url, self._user, self._inbox, self._seconds = url, user, inbox, seconds
        self._key = token()
        self._questions: dict[str, Question] = {}
        self._socket: BlockingSocket | None = None

    @property
    def connection_id(self) -> str:
        raise NotAtThisGateway("Clients of a deployed API do not know their id.")

    @property
    def key(self) -> str:
        return self._key

    def open(self, handshake: Handshake) -> None:
        """`headers` and `query` prove who it is; the rest is the gateway's to say."""
        self._check(handshake)
        headers = dict(handshake.get("headers") or {}) | self._cookies()
        names = headers.pop("Sec-WebSocket-Protocol", "")
        query = handshake.get("query", "")
        try:
            self._socket = BlockingSocket(
                self._url + (f"?{query}" if query else ""),
                headers=headers,
                subprotocols=[name.strip() for name in names.split(",") if name],
                user_agent=handshake.get("user_agent", ""),
                seconds=self._seconds,
            )
        except HandshakeAnswered as error:
            raise HandshakeRefused(error.status, error.body) from error
        self._key, self.close_code, self.is_open = token(), None, True
        self.subprotocol = self._socket.subprotocol
        self._forget = weakref.finalize(self, self._socket.abort, _LOST)

    def send(self, text: str, question: Question, message_id: str | None) -> None:
        assert self._socket is not None
        if message_id is not None:
            self._questions[message_id] = question
            self._inbox.follower.began(question, self._key)
        self._socket.send(text)

    def close(self, code: int, reason: str) -> None:
        assert self._socket is not None
        if code == _LOST:
            self._socket.abort(code)
        else:
            self._socket.close(code, reason)
        self._ended(code)

    def settle(self) -> None:
        """Take in what arrives until nothing does for a while."""
        while self._pump(_QUIET_SECONDS):
            pass

    def wait(self, is_there: Callable[[], bool]) -> None:
        end = time.monotonic() + self._seconds
        while not is_there() and self.is_open and time.monotonic() < end:
            self._pump(_POLL_SECONDS)

    def leave(self) -> None:
        """A real gateway does not know its clients' tests."""

    def _check(self, handshake: Handshake) -> None:
        """Raises NotAtThisGateway for what this gateway decides by itself."""
        if self._user is not None and self._user.is_authenticated:
            raise NotAtThisGateway(
                "Users of this database cannot log in at a deployed API: pass headers="
                '{"Cookie": ...} or query="ticket=..." to connect().'
            )
        for name in ("source_ip", "principal", "authorizer"):
            value = handshake.get(name)
            if value and value != "127.0.0.1":
                raise NotAtThisGateway(f"The gateway itself finds out the {name}.")

    def _cookies(self) -> dict[str, str]:
        return {}

    def _pump(self, seconds: float) -> bool:
        """Take in one frame, if one comes in that time."""
        if self._socket is None or not self.is_open:
            return False
        text = self._socket.receive(seconds)
        if text:
            self._arrived(text)
        elif self._socket.close_code is not None:
            self._ended(self._socket.close_code)
        return text is not None

    def _arrived(self, text: str) -> None:
        frame = from_json(text)
        answers = isinstance(frame, dict) and frame.get("type") in ("reply", "error")
        question = self._questions.pop(str(frame.get("id")), None) if answers else None
        if question is None:
            self._inbox.arrived(text.encode())
        else:
            self._inbox.answered(question, text.encode())

    def _ended(self, code: int) -> None:
        assert self._socket is not None
        self._forget.detach()
        self._socket.abort(code)
        self.is_open, self.close_code = False, code
        for question in self._questions.values():
            self._inbox.follower.settled(question, None)
        self._questions.clear()


class LocalSocket(DeployedSocket):
    """To the local gateway, which is started in front of this Django where none is."""

    def __init__(
        self, user: Any, gateway: Gateway, inbox: Inbox, seconds: float
    ) -> None:
        super().__init__("", user, inbox, seconds)
        self._gateway = gateway
        self._connection_id = token()
        self._server: LiveGateway | None = None
        self._release: Callable[[], object] | None = None

    @property
    def connection_id(self) -> str:
        return self._connection_id

    def open(self, handshake: Handshake) -> None:
        _require_commits()
        if self._release is None:
            self._server, release = live_gateway.shared(self._gateway.alias)
            self._release = weakref.finalize(self, release)
        assert self._server is not None
        self._url = self._server.url
        try:
            with self._server.opening(handshake.get("user_agent", "")) as opened:
                super().open(handshake)
                self._connection_id = opened()
        except BaseException:
            self.leave()
            raise

    def leave(self) -> None:
        if self._release is not None:
            self._release()
            self._release = None

    def _ended(self, code: int) -> None:
        super()._ended(code)
        if self._server is not None:
            self._server.wait_for_disconnect(self._connection_id, self._seconds)

    def _check(self, handshake: Handshake) -> None:
        anonymous = DeployedSocket("", None, self._inbox, 0.0)
        DeployedSocket._check(anonymous, handshake)

    def _cookies(self) -> dict[str, str]:
        if self._user is None or not self._user.is_authenticated:
            return {}
        browser = Client()
        browser.force_login(self._user)
        name = settings.SESSION_COOKIE_NAME
        return {"Cookie": f"{name}={browser.cookies[name].value}"}


def _require_commits() -> None:
    if any(map(is_testcase_only, connections.all(initialized_only=True))):
        raise NotAtThisGateway(
            "A server cannot see what a TestCase does not commit: use"
            " TransactionTestCase, or django_db(transaction=True) with pytest."
        )
