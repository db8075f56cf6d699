"""The socket that clients connect to, bound before any other process is started."""

import socket

from wsrouter.wire import local_address


def bind(host: str, port: int) -> socket.socket:
    """A bound socket that does not listen yet; OSError when the address is in use."""
    family, kind, protocol, _, address = socket.getaddrinfo(
        host, port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE
    )[0]
    listener = socket.socket(family, kind, protocol)
    try:
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listener.bind(address)
    except OSError:
        listener.close()
        raise
    return listener


def address(listener: socket.socket) -> str:
    """`host:port` for a URL; the loopback address stands for a wildcard."""
    host, port = listener.getsockname()[:2]
    host = {"0.0.0.0": "127.0.0.1", "::": "::1"}.get(host, host)  # noqa: S104  # no bind
    return f"[{host}]:{port}" if ":" in host else f"{host}:{port}"


def api_id(listener: socket.socket) -> str:
    """The API id of a gateway that listens here, in place of one from AWS."""
    host, port = listener.getsockname()[:2]
    return local_address.api_id(host, port)
