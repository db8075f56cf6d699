"""The WebSocket protocol of one connection, without its handshake request."""

import logging
from collections.abc import Generator, Sequence

from wsrouter.errors import MissingExtra
from wsrouter.local import extra
from wsrouter.local.rules.behaviour import Behaviour, Limits

try:
    from websockets.exceptions import PayloadTooBig
    from websockets.extensions.base import Extension
    from websockets.extensions.permessage_deflate import (
        PerMessageDeflate,
        ServerPerMessageDeflateFactory,
    )
    from websockets.frames import Frame, Opcode
    from websockets.protocol import Protocol
    from websockets.server import ServerProtocol
    from websockets.typing import ExtensionParameter
except ImportError as error:
    raise MissingExtra(extra.INSTALL_HINT) from error

_WINDOW_BITS = 12
_COMPRESSION = {"memLevel": 1}
"""17 KiB per socket; uvicorn's `memLevel` of 5 takes 32 KiB."""


class GatewayConnection(ServerProtocol):
    """Parses frames only: the HTTP protocol has read the handshake request."""

    def __init__(self, behaviour: Behaviour, limits: Limits) -> None:
        counts_inflated = behaviour.frame_size == "inflated"
        super().__init__(
            extensions=[_DeflateFactory(behaviour, limits)],
            # websockets compares both limits with the bytes that were sent, and with
            # the inflated ones.
            max_size=(
                limits.message_bytes if counts_inflated else None,
                limits.frame_bytes,
            ),
            logger=logging.getLogger("uvicorn.error"),
        )
        self._message_bytes = limits.message_bytes

    def parse(self) -> Generator[None]:
        return Protocol.parse(self)

    def recv_frame(self, frame: Frame) -> None:
        size = (self.current_size or 0) + len(frame.data)
        if frame.opcode is Opcode.CLOSE:
            # A close may come between the fragments of a message (RFC 6455, 5.4).
            # websockets fails the connection with 1002 then.
            self.current_size = None
        elif size > self._message_bytes:
            raise PayloadTooBig(None, self._message_bytes)
        super().recv_frame(frame)


class _InflateBeyondFrameLimit(Extension):
    """Compression whose frames may exceed the frame limit once they are inflated."""

    def __init__(self, deflate: PerMessageDeflate, message_bytes: int) -> None:
        self.name = deflate.name
        self._deflate = deflate
        self._message_bytes = message_bytes

    def decode(self, frame: Frame, *, max_size: int | None = None) -> Frame:
        return self._deflate.decode(frame, max_size=self._message_bytes)

    def encode(self, frame: Frame) -> Frame:
        return self._deflate.encode(frame)


class _DeflateFactory(ServerPerMessageDeflateFactory):
    """Negotiates compression as the switches say."""

    def __init__(self, behaviour: Behaviour, limits: Limits) -> None:
        super().__init__(
            server_max_window_bits=_WINDOW_BITS,
            client_max_window_bits=(
                _WINDOW_BITS if behaviour.window_bits == "sent" else None
            ),
            compress_settings=_COMPRESSION,
        )
        self._behaviour, self._limits = behaviour, limits

    def process_request_params(  # type: ignore[override]  # another Extension
        self,
        params: Sequence[ExtensionParameter],
        accepted_extensions: Sequence[Extension],
    ) -> tuple[list[ExtensionParameter], Extension]:
        accepted, deflate = super().process_request_params(params, accepted_extensions)
        if self._behaviour.frame_size == "inflated":
            return accepted, deflate
        limit = self._limits.message_bytes
        return accepted, _InflateBeyondFrameLimit(deflate, limit)
