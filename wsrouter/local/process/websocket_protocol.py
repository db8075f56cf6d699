"""uvicorn's WebSocket protocol, with the endings that API Gateway tells apart."""

from contextlib import suppress
from typing import Any

from wsrouter.errors import MissingExtra
from wsrouter.local import extra
from wsrouter.local.sockets.asgi import DENIAL

try:
    from uvicorn.protocols.websockets.websockets_sansio_impl import (
        WebSocketsSansIOProtocol,
    )
    from websockets.exceptions import InvalidState
    from websockets.extensions.permessage_deflate import ServerPerMessageDeflateFactory
    from websockets.http11 import Request
except ImportError as error:
    raise MissingExtra(extra.MISSING) from error

_LINGER_SECONDS = 2.0
_DEFLATE = ServerPerMessageDeflateFactory(
    server_max_window_bits=12,
    client_max_window_bits=12,
    compress_settings={"memLevel": 1},  # 17 KiB a socket; uvicorn's 5 takes 32
)


class GatewayProtocol(WebSocketsSansIOProtocol):
    """Reports a lost TCP connection as 1006, lets a client that breaks a limit read
    its close code, hands `abort` to the application and asks it about
    pings."""

    failed = False

    def __init__(self, *arguments: Any, **options: Any) -> None:
        super().__init__(*arguments, **options)
        self.conn.available_extensions = [_DEFLATE]

    def handle_connect(self, event: Request) -> None:
        super().handle_connect(event)
        if not self.close_sent:
            self.scope["state"]["abort"] = self.transport.abort
            self.scope["state"]["pinged"] = lambda: True

    async def send(self, message: Any) -> None:
        await super().send(message)
        if message["type"] == f"{DENIAL}.body":
            self.handshake_complete = True  # else uvicorn complains that it is not

    def send_receive_event_to_app(self) -> None:
        # uvicorn pauses for every frame, which takes two system calls; one frame that
        # nobody waits behind needs no pause.
        if self.read_paused or not self.queue.empty():
            super().send_receive_event_to_app()
            return
        self.read_paused = True
        super().send_receive_event_to_app()
        self.read_paused = False

    def handle_ping(self) -> None:
        pong = b"".join(self.conn.data_to_send())
        if self.scope["state"]["pinged"]():
            self.transport.write(pong)

    def eof_received(self) -> None:
        # The transport closes only after its buffer is flushed, which a client that no
        # longer reads would put off for ever.
        self._lost()

    def connection_lost(self, exc: Exception | None) -> None:
        self._lost()
        super().connection_lost(exc)

    def _lost(self) -> None:
        """Read by the application only when no close frame came before."""
        self.queue.put_nowait({"type": "websocket.disconnect", "code": 1006})

    def handle_parser_exception(self) -> None:
        if self.failed:
            return
        self.failed = True
        if self.conn.close_sent is None:  # the client did not wait for the handshake
            self.transport.close()
            return
        with suppress(InvalidState):  # of a good frame in the packet of the bad one
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
        # close frame with its code would be lost.
        if self.read_paused:
            self.read_paused = False
            self.transport.resume_reading()
        if self.transport.can_write_eof():
            self.transport.write_eof()
        self.close_timer = self.loop.call_later(_LINGER_SECONDS, self.transport.close)
