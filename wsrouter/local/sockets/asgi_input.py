"""Turns what the ASGI server says about a client into API Gateway's terms."""

from wsrouter.local.rules.gateway_event import Close, ConnectionInfo, HandshakeRequest
from wsrouter.local.sockets.asgi import Scope

_NO_STATUS_REASON = "Client-side close frame status not set"


def handshake_request(scope: Scope, *, cookies: bool) -> HandshakeRequest:
    headers = (
        (name.decode("latin-1"), _decode(value)) for name, value in scope["headers"]
    )
    return HandshakeRequest(
        headers=tuple(header for header in headers if cookies or header[0] != "cookie"),
        query=scope["query_string"].decode("latin-1"),
    )


def connection_info(scope: Scope, handshake: HandshakeRequest) -> ConnectionInfo:
    """A new connection, with a new id, for this handshake."""
    return ConnectionInfo(
        domain_name=handshake.header("host") or "",
        source_ip=scope["client"][0] if scope["client"] else "",
        user_agent=handshake.header("user-agent") or "",
    )


def _decode(value: bytes) -> str:
    try:
        return value.decode()
    except UnicodeDecodeError:
        return value.decode("latin-1")


def close_from_client(code: int, reason: str) -> Close:
    """The client's close frame. Code 1005 stands for a frame without a code, for which
    API Gateway has a reason of its own."""
    if code == 1005:
        return Close(code=code, reason=reason or _NO_STATUS_REASON)
    return Close(code=code, reason=reason)
