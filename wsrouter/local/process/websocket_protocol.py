"""uvicorn's WebSocket protocol, changed to close connections as API Gateway does."""

from contextlib import suppress
from typing import Any

from wsrouter.errors import MissingExtra
from wsrouter.local import extra
from wsrouter.local.sockets.asgi import DENIAL_RESPONSE

try:
    from uvicorn.protocols.websockets.websockets_sansio_impl import (
        WebSocketsSansIOProtocol,
    )
    from websockets.exceptions import InvalidState
    from websockets.extensions.permessage_deflate import ServerPerMessageDeflateFactory
    from websockets.http11 import Request
except ImportError as error:
    raise MissingExtra(extra.INSTALL_HINT) from error

_LINGER_SECONDS = 2.0
_DEFLATE = ServerPerMessageDeflateFactory(
    server_max_window_bits=12,
    client_max_window_bits=12,
    compress_settings={"memLevel": 1},  # 17 KiB per socket; uvicorn's 5 takes 32 KiB
)


class GatewayProtocol(WebSocketsSansIOProtocol):
    """Reports a lost TCP connection as 1006, and lets a client that breaks a limit read
    its close code.

    In the scope's `state` it gives the application `abort`, and the application puts
    `answers_ping`, which is called at each ping.
    """

    has_failed = False

    def __init__(self, *arguments: Any, **options: Any) -> None:
        super().__init__(*arguments, **options)
        self.conn.available_extensions = [_DEFLATE]

    def handle_connect(self, event: Request) -> None:
        super().handle_connect(event)
        if not self.close_sent:
            self.scope["state"]["abort"] = self.transport.abort
            self.scope["state"]["answers_ping"] = lambda: True

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
