"""Ports for servers in processes of their own, which cannot be handed a socket."""

import random
import socket
from contextlib import suppress

_BELOW_EPHEMERAL = range(12_000, 32_000)
"""Clients of any test get their ports from above, so none can take one of these."""

_CHANCE = random.SystemRandom()


def free_port() -> int:
    """One at which nobody listens, and which hardly anybody else is given."""
    for _ in range(1000):
        port = _CHANCE.choice(_BELOW_EPHEMERAL)
        with suppress(OSError), socket.create_server(("127.0.0.1", port)):
            return port
    raise AssertionError("No port is free.")
