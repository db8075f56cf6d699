"""Puts a transport and a secret of tests in the place of the real ones."""

from collections.abc import Iterator
from contextlib import contextmanager

from wsrouter.delivery.ports import Transport
from wsrouter.wiring import incoming, outgoing, substitutes


@contextmanager
def substituted(*, transport: Transport, secret: str) -> Iterator[None]:
    """Send through `transport`, and accept one more secret, until the block ends."""
    current = substitutes.current
    before = current.transport, current.secret
    _substitute(transport, secret)
    try:
        yield
    finally:
        _substitute(*before)


def _substitute(transport: Transport | None, secret: str) -> None:
    substitutes.current.transport = transport
    substitutes.current.secret = secret
    outgoing.sender.cache_clear()
    incoming.accepted_secrets.cache_clear()
