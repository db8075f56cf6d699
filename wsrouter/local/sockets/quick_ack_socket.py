"""A TCP client socket that acknowledges immediately what it has read.

Django's development server sends a response in several segments, and each waits for
the acknowledgement of the one before. The kernel usually delays an acknowledgement by
up to 40 ms.
"""

import socket
from typing import Any

_QUICK_ACK: int | None = getattr(socket, "TCP_QUICKACK", None)
"""The socket option, which only Linux has."""


class QuickAckSocket(socket.socket):
    """Sets the option after every read: the kernel does not keep it."""

    def recv(self, *arguments: Any) -> bytes:
        data = super().recv(*arguments)
        if _QUICK_ACK is not None and data:
            self.setsockopt(socket.IPPROTO_TCP, _QUICK_ACK, 1)
        return data


def create(address: Any) -> socket.socket:
    """A socket for one entry of getaddrinfo's result."""
    return QuickAckSocket(*address[:3])
