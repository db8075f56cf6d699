"""A secret that this process draws for the events that reach it without HTTP. It never
leaves the process."""

import secrets

_drawn: list[str] = []


def draw() -> str:
    """The secret; the same at every call."""
    if not _drawn:
        _drawn.append(secrets.token_hex(32))
    return _drawn[0]


def drawn() -> tuple[str, ...]:
    """The secret, if this process has drawn one."""
    return tuple(_drawn)
