"""Puts what tests use in the place of the real transport, secret and task engine."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from typing import Any

from wsrouter.delivery.ports import Transport
from wsrouter.wiring import incoming, outgoing, substitutes
from wsrouter.wiring.substitutes import Substitutes

_active: list[dict[str, Any]] = []


@contextmanager
def substituted(
    *, transport: Transport, secret: str, retries_at_once: bool = False
) -> Iterator[None]:
    """Send through `transport`, and accept one more secret, until the block ends."""
    with _changed(transport=transport, secret=secret, retries_at_once=retries_at_once):
        yield


@contextmanager
def worked_in_place() -> Iterator[None]:
    """What a task engine would do is done here, until the block ends: a test has
    neither broker nor worker."""
    with _changed(works_in_place=True):
        yield


@contextmanager
def _changed(**changes: Any) -> Iterator[None]:
    """Blocks may end in any order: a gateway may outlive the block in which a client
    has started it."""
    _active.append(changes)
    _substitute()
    try:
        yield
    finally:
        _active[:] = [one for one in _active if one is not changes]
        _substitute()


def _substitute() -> None:
    """What began last counts."""
    chosen = Substitutes()
    for changes in _active:
        chosen = replace(chosen, **changes)
    substitutes.current = chosen
    outgoing.sender.cache_clear()
    incoming.accepted_secrets.cache_clear()
