"""Takes the ports that `ws_local` needs, or says which others to ask for."""

import errno
import socket
from contextlib import suppress

from django.core.management.base import CommandError

from wsrouter.local.process import listener
from wsrouter.ops.ws_local import command_line

_TRIED = 50


def taken(host: str, port: int, option: str, *, hint: str = "") -> socket.socket:
    """A socket that is bound there; raises CommandError with what to type instead."""
    try:
        return listener.bind(host, port)
    except OSError as error:
        place = f"{host}:{port}"
        if error.errno == errno.EADDRINUSE:
            problem = f"{place} is taken, by another program.{hint}"
        elif error.errno == errno.EACCES:
            problem = f"{place} is not allowed to this user; ports from 1024 are."
        else:
            raise CommandError(
                f"Cannot listen at {place} ({error.strerror}). --host takes an address"
                " of this machine: 127.0.0.1, or 0.0.0.0 for all of them."
            ) from error
        command = command_line.with_option("ws_local", option, _free(host, port))
        raise CommandError(f"{problem} With another port:\n  {command}") from error


def _free(host: str, port: int) -> int:
    """The next port that can be had."""
    first = max(port + 1, 1024)
    for candidate in range(first, min(first + _TRIED, 65536)):
        with suppress(OSError):
            listener.bind(host, candidate).close()
            return candidate
    return 0
