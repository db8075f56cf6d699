"""A WebSocket client for tests: no server, no network, the real endpoint."""

import time
import weakref
from collections import deque
from collections.abc import Mapping
from typing import Any, Self

from django.test import Client
from pydantic_core import from_json, to_json

from wsrouter import conf
from wsrouter.routing.frame import EventType
from wsrouter.testing.simulated_gateway import (
    authorizer_context,
    event_context,
    memory,
    run_on_commit_callbacks,
    selected_key,
    token,
)
from wsrouter.wire import limits, selection

_NO_PAYLOAD: Any = object()


class HandshakeRefused(AssertionError):
    """The endpoint refused the handshake, with this `status` and `reason`."""

    def __init__(self, status: int, reason: str) -> None:
        super().__init__(f"The handshake was refused with {status} {reason}".strip())
        self.status = status
        self.reason = reason


class ErrorFrame(AssertionError):
    """A call was answered with an error frame; `error` is its content."""

    def __init__(self, frame: Mapping[str, Any]) -> None:
        self.error: Mapping[str, Any] = frame.get("error", frame)
        super().__init__(f"An error was answered: {dict(self.error)}")

    @property
    def code(self) -> str:
        return str(self.error.get("code", ""))


class WebSocketClient:
    """A client of one gateway, for any kind of TestCase.

    `user` is logged in with a session, as a browser would be. A crash in a handler is
    raised in the test, as Django's own client does, unless `raise_exceptions` is False.
    """

    def __init__(
        self,
        user: Any = None,
        *,
        gateway: str = "default",
        raise_exceptions: bool = True,
    ) -> None:
        if user is not None and not hasattr(user, "is_authenticated"):
            raise TypeError(f"A user is expected, not a {type(user).__name__}.")
        self.connection_id = token()
        self.subprotocol = ""
        self._close_code: int | None = None
        self._user = user
        self._gateway = conf.gateway(gateway)
        self._http = Client(raise_request_exception=raise_exceptions)
        self._inbox: deque[dict[str, Any]] = deque()
        self._connection_context: dict[str, str] = {}
        self._is_open = False
        self._enter()

    def __enter__(self) -> Self:
        return self.connect()

    def __exit__(self, *_: object) -> None:
        self.disconnect()
        self._leave()

    def connect(
        self,
        *,
        query: str = "",
        headers: Mapping[str, str] | None = None,
        source_ip: str = "127.0.0.1",
        user_agent: str = "",
        principal: str = "",
        authorizer: Mapping[str, str | float | bool] | None = None,
    ) -> Self:
        """Make the handshake, with a new connection id every time; raises
        HandshakeRefused. `principal` is the user that the gateway's authorizer names,
        `authorizer` the other values of its context, which HEADERS can map."""
        assert not self.is_open, "The connection is open already."
        assert not authorizer or self._gateway.authorizer, "There is no AUTHORIZER."
        if self._close_code is not None:
            self.connection_id, self._close_code = token(), None
        if not self._leave.alive:
            self._enter()
        self._connection_context = {
            "sourceIp": source_ip,
            "userAgent": user_agent,
            "stage": self._gateway.stage,
            "connectedAt": str(int(time.time() * 1000)),
            "authorizer.principalId": principal,
            **authorizer_context(authorizer or {}),
        }
        browser = Client(raise_request_exception=self._http.raise_request_exception)
        if self._user is not None and self._user.is_authenticated:
            browser.force_login(self._user)
        context = self._context(EventType.CONNECT, "$connect")
        with memory.event():
            response = memory.post(
                browser, self._gateway, context, query=query, headers=headers
            )
            if not 200 <= response.status_code < 300:
                raise HandshakeRefused(response.status_code, response.content.decode())
            self.subprotocol = response.headers.get("Sec-WebSocket-Protocol", "")
            self._is_open = True
            memory.transport.opened(self.connection_id, self)
        return self

    def send(self, action: str, payload: Any = _NO_PAYLOAD, *, id: Any = None) -> None:  # noqa: A002  # the frame's
        """Send a message in the gateway's envelope; answers arrive in `receive`.

        `payload` is anything that pydantic can turn into JSON.
        """
        self.send_text(to_json(self._envelope(action, payload, id)).decode())

    def send_text(self, text: str) -> None:
        """Send a raw frame. A frame above 128 KB closes the connection with 1009."""
        assert self.is_open, self._not_open_message()
        if len(text.encode()) > limits.MESSAGE_BYTES:
            self.disconnect(1009)
            return
        key = selected_key(self._gateway, text)
        if key is None:
            self._inbox.append(
                {"message": "Forbidden", "connectionId": self.connection_id}
            )
            return
        context = self._context(EventType.MESSAGE, key, messageId=token())
        with memory.event():
            self._deliver(context, text)

    def _deliver(self, context: Mapping[str, str], text: str) -> None:
        """Post a message. The reply arrives before the events that its handler sent."""
        response = memory.post(self._http, self._gateway, context, body=text)
        if response.status_code not in (200, self._gateway.crash_status):
            raise AssertionError(
                f"The endpoint answered a message with {response.status_code}:"
                f" {response.content[:200].decode(errors='replace')}"
            )
        if response.content:
            self._inbox.append(from_json(response.content))

    def call(self, action: str, payload: Any = _NO_PAYLOAD) -> Any:
        """Send a message with an id and return the payload of its reply; raises
        ErrorFrame. Events that arrive before it wait for `receive`."""
        call_id = token()
        self.send(action, payload, id=call_id)
        for frame in self._inbox:
            if frame.get("id") == call_id:
                self._inbox.remove(frame)
                if frame["type"] == "error":
                    raise ErrorFrame(frame)
                return frame["payload"]
        raise AssertionError(f"{action!r} was not answered; there is: {self.frames}")

    def receive(self, type: str | None = None) -> dict[str, Any]:  # noqa: A002  # the frame's
        """The next frame, or the next of a type: an event's name, `reply` or `error`.

        Sends that wait for the test's own commit are sent now.
        """
        run_on_commit_callbacks()
        for frame in self._inbox:
            if type is None or frame.get("type") == type:
                self._inbox.remove(frame)
                return frame
        wanted = "frame" if type is None else f"frame of type {type!r}"
        raise AssertionError(f"No {wanted} has arrived; there is: {self.frames}")

    @property
    def frames(self) -> list[dict[str, Any]]:
        """The frames that have arrived and were not received yet."""
        run_on_commit_callbacks()
        return list(self._inbox)

    @property
    def is_open(self) -> bool:
        """Whether the connection is open. What waits for the test's own commit, such as
        the end of a session, is done first."""
        run_on_commit_callbacks()
        return self._is_open

    @property
    def close_code(self) -> int | None:
        """The close code; None while the connection is open, and before it is."""
        run_on_commit_callbacks()
        return self._close_code

    def disconnect(self, code: int = 1000, reason: str = "") -> None:
        """Close the connection from the client's side, if it is open."""
        if not self.is_open:
            return
        memory.transport.closed(self.connection_id)
        self._ended(code, reason)

    def arrived(self, data: bytes) -> None:
        self._inbox.append(from_json(data))

    def closed_by_server(self) -> None:
        self._ended(1000, "Connection Closed Normally")

    def _not_open_message(self) -> str:
        if self._close_code is None:
            return "The connection is not open: call connect() first."
        return f"The connection is not open any more: closed with {self._close_code}."

    def _enter(self) -> None:
        memory.enter()
        self._leave = weakref.finalize(self, memory.leave)

    def _ended(self, code: int, reason: str) -> None:
        self._is_open, self._close_code = False, code
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

    def _envelope(self, action: str, payload: Any, client_id: Any) -> dict[str, Any]:
        key = selection.parse(self._gateway.route_selection_expression).key or "action"
        envelope = {key: action} | ({} if client_id is None else {"id": client_id})
        if payload is _NO_PAYLOAD:
            return envelope
        if self._gateway.envelope == "flat":
            return from_json(to_json(payload)) | envelope  # type: ignore[no-any-return]
        return envelope | {"payload": payload}
