"""uvicorn's WebSocket protocol, changed to close connections as API Gateway does."""

from contextlib import suppress
from typing import Any

from wsrouter.catalog.snapshot import CONNECT
from wsrouter.errors import MissingExtra
from wsrouter.local import extra
from wsrouter.local.gateway import LocalGateway
from wsrouter.local.sockets.asgi import DENIAL_RESPONSE

try:
    from uvicorn.protocols.websockets.websockets_sansio_impl import (
        WebSocketsSansIOProtocol,
    )
    from websockets.datastructures import Headers
    from websockets.exceptions import InvalidState
    from websockets.http11 import Request

    from wsrouter.local.process.websocket_connection import GatewayConnection
except ImportError as error:
    raise MissingExtra(extra.INSTALL_HINT) from error

RawHeaders = list[tuple[bytes, bytes]]

_LINGER_SECONDS = 2.0


class GatewayProtocol(WebSocketsSansIOProtocol):
    """Reports a lost TCP connection as 1006, and lets a client that breaks a limit read
    its close code.

    In the scope's `state` it gives the application `abort`, and the application puts
    `answers_ping`, which is called at each ping.
    """

    has_failed = False

    def __init__(self, gateway: LocalGateway, **options: Any) -> None:
        super().__init__(**options)
        self._gateway = gateway
        self.conn = GatewayConnection(gateway.api.behaviour, gateway.limits)

    def request_received(self, target: str, headers: RawHeaders) -> None:
        """Answer a handshake that the HTTP protocol has read."""
        # What decides about the handshake is ASCII. How other bytes are decoded
        # depends on the release of websockets; the application gets them as they are.
        texts = [
            (name.decode(), value.decode("latin-1").encode("ascii", "replace").decode())
            for name, value in headers
        ]
        self.handle_connect(Request(target, Headers(texts)))
        if self.close_sent:
            status, cause = self.response.status_code, self.conn.handshake_exc
            self._gateway.log_refusal(status, str(cause), route_key=CONNECT)
            return
        self.scope["headers"] = headers
        self.scope["state"]["abort"] = self.transport.abort
        self.scope["state"]["answers_ping"] = lambda: True

    def send_500_response(self) -> None:
        if not self.transport.is_closing():
            super().send_500_response()

    async def send(self, message: Any) -> None:
        await super().send(message)
        if message["type"] == f"{DENIAL_RESPONSE}.body":
            # Otherwise uvicorn logs an error: it takes the handshake for unfinished.
            self.handshake_complete = True

    def send_receive_event_to_app(self) -> None:
        # uvicorn pauses reading at every frame, which takes two system calls. A frame
        # with no other one behind it needs no pause.
        if self.read_paused or not self.queue.empty():
            super().send_receive_event_to_app()
            return
        self.read_paused = True
        super().send_receive_event_to_app()
        self.read_paused = False

    def handle_ping(self) -> None:
        pong = b"".join(self.conn.data_to_send())
        if self.scope["state"]["answers_ping"]():
            self.transport.write(pong)

    def eof_received(self) -> None:
        # The transport closes only after its buffer is flushed, and a client that no
        # longer reads would delay that for ever.
        self._report_lost()

    def connection_lost(self, exc: Exception | None) -> None:
        self._report_lost()
        super().connection_lost(exc)

    def _report_lost(self) -> None:
        """Queue a 1006 for the application, which reads it only when no close frame
        came before."""
        self.queue.put_nowait({"type": "websocket.disconnect", "code": 1006})

    def handle_parser_exception(self) -> None:
        if self.has_failed:
            return
        self.has_failed = True
        if self.conn.close_sent is None:  # the client did not wait for the handshake
            self.transport.close()
            return
        # The packet of the bad frame may also contain good ones.
        with suppress(InvalidState):
            self.handle_events()
        close = self.conn.close_sent
        self.queue.put_nowait(
            {
                "type": "websocket.disconnect",
                "code": close.code,
                "reason": close.reason,
            }
        )
        self.close_sent = True
        self.transport.write(b"".join(self.conn.data_to_send()))
        self._half_close()

    def _half_close(self) -> None:
        # Closing while the client is still sending would reset the connection, and the
        # close frame with its code would be lost. So the client may read for a while.
        if self.read_paused:
            self.read_paused = False
            self.transport.resume_reading()
        if self.transport.can_write_eof():
            self.transport.write_eof()
        self.close_timer = self.loop.call_later(_LINGER_SECONDS, self.transport.close)
