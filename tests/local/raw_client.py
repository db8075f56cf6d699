"""A client without a WebSocket library, for what libraries do not allow."""

import socket
import struct

HANDSHAKE = (
    b"GET /production HTTP/1.1\r\nHost: localhost\r\nConnection: Upgrade\r\n"
    b"Upgrade: websocket\r\nSec-WebSocket-Version: 13\r\n"
    b"Sec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==\r\n\r\n"
)


def connect(port: int) -> socket.socket:
    """Connect; a TCP socket on which the 101 has been read."""
    client = socket.create_connection(("127.0.0.1", port), timeout=30)
    client.sendall(HANDSHAKE)
    received = b""
    while b"\r\n\r\n" not in received:
        received += client.recv(1)
    assert received.startswith(b"HTTP/1.1 101 "), received
    return client


def reset(client: socket.socket) -> None:
    """Close with a TCP reset, as the kernel does for a process that was killed with
    unread data."""
    linger = struct.pack("ii", 1, 0)
    client.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, linger)
    client.close()
