"""uvicorn's HTTP protocol, changed so that no client waits for an answer that never
comes."""

import asyncio
import sys
from collections.abc import Iterable
from http import HTTPStatus
from typing import Any

from wsrouter.catalog.snapshot import CONNECT
from wsrouter.errors import MissingExtra
from wsrouter.local import extra
from wsrouter.local.gateway import LocalGateway
from wsrouter.local.process.websocket_protocol import GatewayProtocol
from wsrouter.local.sockets.asgi import json_response

try:
    import h11
    from uvicorn.protocols.http.h11_impl import H11Protocol, RequestResponseCycle
except ImportError as error:
    raise MissingExtra(extra.INSTALL_HINT) from error

_LINGER_SECONDS = 2.0
_NO_ROUTE = "-"
_HEAD = "HTTP/1.1 {} {}\r\nconnection: close\r\ncontent-length: {}\r\n{}\r\n"


class GatewayHttpProtocol(H11Protocol):
    """Reads requests, and hands a handshake on as a request that is already parsed.

    uvicorn would write the handshake out again, for `websockets` to parse. That parser
    has limits of its own (8 KB for a line, 128 headers, no body), and uvicorn does not
    send its refusals: the client would wait for ever.

    A request that stays incomplete for `handshake_seconds` is refused with 408.
    """

    def __init__(self, gateway: LocalGateway, **options: Any) -> None:
        super().__init__(**options)
        self._gateway = gateway
        self._has_ended = False  # refused, or handed on as a WebSocket
        self._has_received = False
        self._deadline: asyncio.TimerHandle | None = None

    def connection_made(  # type: ignore[override]  # as uvicorn's
        self, transport: asyncio.Transport
    ) -> None:
        super().connection_made(transport)
        self._start_deadline()

    def data_received(self, data: bytes) -> None:
        if self._has_ended:
            return
        self._has_received = True
        super().data_received(data)
        if self._is_request_incomplete():
            self._start_deadline()
        else:
            self._stop_deadline()

    def connection_lost(self, exc: Exception | None) -> None:
        self._stop_deadline()
        super().connection_lost(exc)

    def shutdown(self) -> None:
        if self._has_ended or self._is_request_incomplete():
            self.transport.abort()
        else:
            super().shutdown()

    def send_400_response(self, msg: str) -> None:
        error = sys.exception()  # uvicorn calls this while it handles h11's error
        if isinstance(error, h11.RemoteProtocolError):
            self._refuse(error.error_status_hint, str(error))
        else:
            self._refuse(400, msg)

    def handle_websocket_upgrade(self, event: h11.Request) -> None:
        if _has_body(self.headers):
            self._refuse(400, "a handshake has no body", route_key=CONNECT)
            return
        self._has_ended = True
        self.connections.discard(self)
        protocol = GatewayProtocol(
            self._gateway,
            config=self.config,
            server_state=self.server_state,
            app_state=self.app_state,
        )
        protocol.connection_made(self.transport)
        self.transport.set_protocol(protocol)
        protocol.request_received(event.target.decode("ascii"), self.headers)
        if early := self.conn.trailing_data[0]:  # frames that did not wait for the 101
            protocol.data_received(early)

    def _get_upgrade(self) -> bytes | None:
        # uvicorn reads only the last Connection header, and takes any method.
        options = [value for name, value in self.headers if name == b"connection"]
        tokens = [token.strip().lower() for token in b",".join(options).split(b",")]
        request_line = (self.scope["method"], self.scope["http_version"])
        if b"upgrade" not in tokens or request_line != ("GET", "1.1"):
            return None
        upgrades = [value.lower() for name, value in self.headers if name == b"upgrade"]
        return upgrades[-1] if upgrades else None

    def _is_request_incomplete(self) -> bool:
        if self._has_ended:
            return False
        state = self.conn.their_state
        has_begun = state is h11.IDLE and bool(self.conn.trailing_data[0])
        return has_begun or state is h11.SEND_BODY

    def _start_deadline(self) -> None:
        if self._deadline is None:
            seconds = self._gateway.limits.handshake_seconds
            self._deadline = self.loop.call_later(seconds, self._time_out)

    def _stop_deadline(self) -> None:
        if self._deadline is not None:
            self._deadline.cancel()
            self._deadline = None

    def _time_out(self) -> None:
        seconds = self._gateway.limits.handshake_seconds
        if self._has_received:
            self._refuse(408, f"an incomplete request after {seconds:g} s")
        else:  # as browsers leave connections that they open in advance
            self.transport.close()

    def _refuse(self, status: int, cause: str, *, route_key: str = _NO_ROUTE) -> None:
        """Answer with `status`, unless an answer is under way, and close."""
        self._has_ended = True
        self._stop_deadline()
        if self.transport.is_closing():
            return
        self._gateway.log_refusal(status, cause, route_key=route_key)
        if self._end_cycle():
            self.transport.abort()
            return
        self.transport.write(_response(status))
        self._half_close()

    def _end_cycle(self) -> bool:
        """End the answer that the gateway is working on; whether it had begun."""
        cycle: RequestResponseCycle | None = self.cycle  # uvicorn's type has no None
        if cycle is None or cycle.response_complete:
            return False
        cycle.disconnected = True
        cycle.message_event.set()
        return cycle.response_started

    def _half_close(self) -> None:
        # Closing while the client is still sending would reset the connection, and
        # the client might lose the answer. So it may send for a while.
        self.flow.resume_reading()
        if self.transport.can_write_eof():
            self.transport.write_eof()
        self.loop.call_later(_LINGER_SECONDS, self.transport.close)


def _has_body(headers: Iterable[tuple[bytes, bytes]]) -> bool:
    return any(
        name == b"transfer-encoding" or (name == b"content-length" and value != b"0")
        for name, value in headers
    )


def _response(status: int) -> bytes:
    phrase = HTTPStatus(status).phrase
    response = json_response(status, {"message": phrase})
    headers = "".join(f"{name}: {value}\r\n" for name, value in response.headers)
    head = _HEAD.format(status, phrase, len(response.body), headers)
    return head.encode() + response.body
