"""What the ASGI server says about a client, as API Gateway takes it."""

from wsrouter.local.rules.gateway_event import Caller, Close, Opening
from wsrouter.local.sockets.asgi import Scope

_NO_CODE = "Client-side close frame status not set"


def opening(scope: Scope, *, cookies: bool) -> Opening:
    """The handshake request."""
    headers = (
        (name.decode("latin-1"), _text(value)) for name, value in scope["headers"]
    )
    return Opening(
        headers=tuple(pair for pair in headers if cookies or pair[0] != "cookie"),
        query=scope["query_string"].decode("latin-1"),
    )


def caller(scope: Scope, opened: Opening) -> Caller:
    """Who sent it."""
    return Caller(
        domain_name=opened.header("host") or "",
        source_ip=scope["client"][0] if scope["client"] else "",
        user_agent=opened.header("user-agent") or "",
    )


def _text(value: bytes) -> str:
    try:
        return value.decode()
    except UnicodeDecodeError:
        return value.decode("latin-1")


def received(code: int, reason: str) -> Close:
    """The close frame, or the lack of one, in API Gateway's words."""
    if code == 1005:
        return Close(code=code, reason=reason or _NO_CODE)
    return Close(code=code, reason=reason)
