"""Binds the ports that `ws_local` needs, or says which command would work instead."""

import errno
import socket
from contextlib import suppress

from django.core.management.base import CommandError

from wsrouter.local.process import listener
from wsrouter.ops.ws_local import command_line

_ATTEMPTS = 50


def bind(host: str, port: int, option: str, *, hint: str = "") -> socket.socket:
    """A socket that is bound there. Raises CommandError with the command that uses
    another port, for which `option` stands."""
    try:
        return listener.bind(host, port)
    except OSError as error:
        address = f"{host}:{port}"
        if error.errno == errno.EADDRINUSE:
            problem = f"{address} is in use by another program.{hint}"
        elif error.errno == errno.EACCES:
            problem = (
                f"This user may not listen at {address}. Ports from 1024 are allowed."
            )
        else:
            raise CommandError(
                f"Cannot listen at {address} ({error.strerror}). --host takes an"
                " address of this machine: 127.0.0.1, or 0.0.0.0 for all of them."
            ) from error
        command = command_line.with_option("ws_local", option, _free_port(host, port))
        raise CommandError(f"{problem} To use another port:\n  {command}") from error


def _free_port(host: str, port: int) -> int:
    """The next port that can be bound, 0 when none of the next 50 can."""
    first = max(port + 1, 1024)
    for candidate in range(first, min(first + _ATTEMPTS, 65536)):
        with suppress(OSError):
            listener.bind(host, candidate).close()
            return candidate
    return 0
