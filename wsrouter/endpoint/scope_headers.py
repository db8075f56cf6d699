"""The headers of an ASGI scope under the names that WSGI gives them."""

from functools import lru_cache
from typing import Any

from wsrouter.wire import mapping
from wsrouter.wire.mapping import environ_key

_PREFIX = mapping.PREFIX.lower().encode()
_HANDSHAKE = b"sec-websocket-key"


def environ(scope: Any) -> dict[str, str]:
    """The headers that decide what happens to a request, under their WSGI names. A
    header that was sent twice is joined. A name with an underscore is left out: as a
    WSGI name it would look like the one with a hyphen."""
    found: dict[str, str] = {}
    for name, value in scope["headers"]:
        if name.startswith(_PREFIX) or name == _HANDSHAKE:
            if b"_" in name:
                continue
            key, text = wsgi_name(name), value.decode("latin1")
            found[key] = f"{found[key]},{text}" if key in found else text
    return found


@lru_cache(maxsize=256)
def wsgi_name(name: bytes) -> str:
    return environ_key(name.decode("latin1"))
