"""Warnings that any client can cause. Each is logged once a minute at most, so that
clients cannot flood the log."""

import logging
from collections import defaultdict
from time import monotonic

logger = logging.getLogger("wsrouter.security")
REPEAT_AFTER_SECONDS = 60.0
MAX_VARIANTS = 20
"""The most warnings with the same message and different arguments within that time. A
client that invents arguments fills up its own message, and hides no other one."""
_silent_until: defaultdict[str, dict[object, float]] = defaultdict(dict)


def warn(message: str, *arguments: object) -> None:
    """Log a warning, unless the same one was logged within the last minute."""
    variants, now = _silent_until[message], monotonic()
    if variants.get(arguments, now) > now:
        return
    if len(variants) >= MAX_VARIANTS:
        _drop_old(variants, now)
    if len(variants) < MAX_VARIANTS:
        variants[arguments] = now + REPEAT_AFTER_SECONDS
        logger.warning(message, *arguments)


def reset() -> None:
    """Log every warning again; for tests."""
    _silent_until.clear()


def _drop_old(variants: dict[object, float], now: float) -> None:
    for variant, until in list(variants.items()):
        if until <= now:
            variants.pop(variant, None)
