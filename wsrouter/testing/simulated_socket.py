"""One connection of a test client in memory: its handshake, what it posts, its end."""

import time
import weakref
from collections.abc import Callable
from typing import Any

from django.test import Client

from wsrouter.delivery.memory import Socket
from wsrouter.following.question import Question
from wsrouter.options.gateway import Gateway
from wsrouter.routing.frame import EventType
from wsrouter.testing.connect_options import Handshake
from wsrouter.testing.inbox import Inbox
from wsrouter.testing.outcomes import HandshakeRefused
from wsrouter.testing.simulated_gateway import (
    authorizer_context,
    event_context,
    memory,
    run_on_commit_callbacks,
    selected_key,
    token,
)
from wsrouter.wire import limits


class SimulatedSocket(Socket):
    """Has another `connection_id` each time it is opened."""

    def __init__(
        self, user: Any, gateway: Gateway, inbox: Inbox, *, raise_exceptions: bool
    ) -> None:
        self.connection_id = token()
        self.subprotocol = ""
        self.close_code: int | None = None
        self.is_open = False
        self._user, self._gateway, self._inbox = user, gateway, inbox
        self._http = Client(raise_request_exception=raise_exceptions)
        self._connection_context: dict[str, str] = {}
        self._enter()

    @property
    def key(self) -> str:
        return self.connection_id

    def open(self, handshake: Handshake) -> None:
        authorizer = handshake.get("authorizer") or {}
        assert not authorizer or self._gateway.authorizer, "There is no AUTHORIZER."
        if self.close_code is not None:
            self.connection_id, self.close_code = token(), None
        if not self._leave.alive:
            self._enter()
        self._connection_context = {
            "sourceIp": handshake.get("source_ip", "127.0.0.1"),
            "userAgent": handshake.get("user_agent", ""),
            "stage": self._gateway.stage,
            "connectedAt": str(int(time.time() * 1000)),
            "authorizer.principalId": handshake.get("principal", ""),
            **authorizer_context(authorizer),
        }
        with memory.event():
            self._shake_hands(handshake)

    def send(self, text: str, question: Question, message_id: str | None) -> None:
        """The reply arrives before the events that its handler sent."""
        if len(text.encode()) > limits.MESSAGE_BYTES:
            self.close(1009, "")
            return
        key = selected_key(self._gateway, text)
        if key is None:
            forbidden = {"message": "Forbidden", "connectionId": self.connection_id}
            self._inbox.frames.append(forbidden)
            return
        with memory.event():
            answer = b""
            self._inbox.follower.began(question, self.key)
            try:
                answer = self._post(key, text)
            finally:
                self._inbox.answered(question, answer)

    def close(self, code: int, reason: str) -> None:
        memory.sockets.closed(self.connection_id)
        self._ended(code, reason)

    def settle(self) -> None:
        run_on_commit_callbacks()

    def wait(self, is_there: Callable[[], bool]) -> None:
        """What was sent has arrived: there is nothing to wait for."""
        self.settle()
        is_there()

    def leave(self) -> None:
        self._leave()

    def arrived(self, data: bytes) -> None:
        self._inbox.arrived(data)

    def closed_by_server(self) -> None:
        self._ended(1000, "Connection Closed Normally")

    def _shake_hands(self, handshake: Handshake) -> None:
        browser = Client(raise_request_exception=self._http.raise_request_exception)
        if self._user is not None and self._user.is_authenticated:
            browser.force_login(self._user)
        response = memory.post(
            browser,
            self._gateway,
            self._context(EventType.CONNECT, "$connect"),
            query=handshake.get("query", ""),
            headers=handshake.get("headers"),
        )
        if not 200 <= response.status_code < 300:
            raise HandshakeRefused(response.status_code, response.content.decode())
        self.subprotocol = response.headers.get("Sec-WebSocket-Protocol", "")
        self.is_open = True
        memory.sockets.opened(self.connection_id, self)

    def _post(self, key: str, text: str) -> bytes:
        """Post a message that has selected the route `key`; returns its answer."""
        context = self._context(EventType.MESSAGE, key, messageId=token())
        response = memory.post(self._http, self._gateway, context, body=text)
        if response.status_code not in (200, self._gateway.crash_status):
            raise AssertionError(
                f"The endpoint answered a message with {response.status_code}:"
                f" {response.content[:200].decode(errors='replace')}"
            )
        return response.content

    def _enter(self) -> None:
        memory.enter()
        self._leave = weakref.finalize(self, memory.leave)

    def _ended(self, code: int, reason: str) -> None:
        self.is_open, self.close_code = False, code
        context = self._context(
            EventType.DISCONNECT,
            "$disconnect",
            disconnectStatusCode=str(code),
            disconnectReason=reason,
        )
        with memory.event():
            memory.post(self._http, self._gateway, context)

    def _context(self, event: EventType, key: str, **more: str) -> dict[str, str]:
        return event_context(
            event, self.connection_id, key, **self._connection_context, **more
        )
