"""Warnings about what strangers do: each once a minute, so that they flood no log."""

import logging
from collections import defaultdict
from time import monotonic

logger = logging.getLogger("wsrouter.security")
SECONDS = 60.0
KINDS = 20
"""So many of one sort, when somebody makes up new ones: they hide no other sort."""
_until: defaultdict[str, dict[object, float]] = defaultdict(dict)


def warn(message: str, *arguments: object) -> None:
    """Log a warning, unless the same one was logged within the last minute."""
    kinds, now = _until[message], monotonic()
    if kinds.get(arguments, now) > now:
        return
    if len(kinds) >= KINDS:
        _drop_old(kinds, now)
    if len(kinds) < KINDS:
        kinds[arguments] = now + SECONDS
        logger.warning(message, *arguments)


def forget() -> None:
    """Every warning is new again; for tests."""
    _until.clear()


def _drop_old(kinds: dict[object, float], now: float) -> None:
    for kind, until in list(kinds.items()):
        if until <= now:
            kinds.pop(kind, None)
