"""A client's socket that acknowledges what it has read at once.

Django's development server sends a response in several pieces, each once the one before
is acknowledged. An acknowledgement usually waits up to 40 ms for company.
"""

import socket
from typing import Any

_QUICK: int | None = getattr(socket, "TCP_QUICKACK", None)


class PromptSocket(socket.socket):
    """The kernel forgets the option, so it is set after every read."""

    def recv(self, *arguments: Any) -> bytes:
        data = super().recv(*arguments)
        if _QUICK is not None and data:
            self.setsockopt(socket.IPPROTO_TCP, _QUICK, 1)
        return data


def create(address: Any) -> socket.socket:
    """A socket for one of getaddrinfo's answers."""
    return PromptSocket(*address[:3])
