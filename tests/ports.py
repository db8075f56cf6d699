"""Ports for servers in processes of their own, which cannot be handed a socket."""

import os
import random
import socket
from contextlib import suppress

_BELOW_EPHEMERAL = range(12_000, 32_000)
"""Clients of any test get their ports from above, so none can take one of these."""
_PARTS = 16

_CHANCE = random.SystemRandom()
_given: set[int] = set()


def free_port() -> int:
    """One at which nobody listens, and which no other test is given: between the choice
    of a port and the moment at which a server listens there, seconds may pass."""
    ports = _of_this_worker()
    if len(_given) > len(ports) // 2:
        _given.clear()
    for _ in range(1000):
        port = _CHANCE.choice(ports)
        if port in _given:
            continue
        with suppress(OSError), socket.create_server(("127.0.0.1", port)):
            _given.add(port)
            return port
    raise AssertionError("No port is free.")


def _of_this_worker() -> range:
    """Processes that run tests side by side each have a part of the ports."""
    worker = os.environ.get("PYTEST_XDIST_WORKER", "").removeprefix("gw")
    if not worker:
        return _BELOW_EPHEMERAL
    return _BELOW_EPHEMERAL[int(worker) % _PARTS :: _PARTS]
