"""The front door for ASGI servers."""

from typing import Any


def gateway(application: Any) -> Any:
    """`application` (Django's) with the messages of open sockets taken out before it:
    they need neither URL resolving nor middleware. Everything else passes unchanged."""
    from wsrouter.endpoint.fast_asgi import Door

    return Door(application)
