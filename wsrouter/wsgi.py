"""The fast path for WSGI servers."""

from typing import Any


def fast_path(application: Any) -> Any:
    """Put the fast path in front of `application`, Django's WSGI application.

    It answers the messages of open sockets and ends of connections, which need neither
    URL resolving nor middleware, and handshakes where the middleware is Django's own.
    Every other request passes through unchanged.
    """
    from wsrouter.endpoint.fast_wsgi import FastPath

    return FastPath(application)
