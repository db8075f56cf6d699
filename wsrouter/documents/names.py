"""Ids of messages and operations, made of route keys and event names."""

import hashlib
import re

_NOT_IN_AN_ID = re.compile(r"[^A-Za-z0-9_.-]+")


def identifier(kind: str, name: str) -> str:
    """An id that tools accept: `reply.orders.watch`. A name with other characters is
    told apart by a hash."""
    plain = _NOT_IN_AN_ID.sub("_", name.removeprefix("$"))
    if plain == name or name.startswith("$"):
        return f"{kind}.{plain}"
    return f"{kind}.{plain}-{hashlib.sha256(name.encode()).hexdigest()[:8]}"
