"""Warnings about what strangers do: each once a minute, so that they flood no log."""

import logging
from time import monotonic

logger = logging.getLogger("wsrouter.security")
SECONDS = 60.0
KINDS = 100
"""So many different ones at most, also when somebody makes up new ones."""
_until: dict[object, float] = {}


def warn(message: str, *arguments: object) -> None:
    """Log a warning, unless the same one was logged within the last minute."""
    kind, now = (message, *arguments), monotonic()
    if _until.get(kind, now) > now:
        return
    if len(_until) >= KINDS:
        _forget(now)
    if len(_until) < KINDS:
        _until[kind] = now + SECONDS
        logger.warning(message, *arguments)


def forget() -> None:
    """Every warning is new again; for tests."""
    _until.clear()


def _forget(now: float) -> None:
    for kind, until in list(_until.items()):
        if until <= now:
            _until.pop(kind, None)
