"""Ends a command and all its children when the process that wanted them is no more.

Run as a script: `guard.py <descriptor> <command>...`. The descriptor is the reading end
of a pipe whose other end only that process holds, however it may die.
"""

import os
import signal
import subprocess
import sys
import threading
import time
from contextlib import suppress

_GRACE_SECONDS = 3.0


def main(descriptor: int, command: list[str]) -> int:
    """Run the command to its end, as the head of its process group."""
    for number in (signal.SIGTERM, signal.SIGINT, signal.SIGHUP):
        signal.signal(number, _stay)
    process = subprocess.Popen(command)  # noqa: S603  # what ws_local was told to run
    alone = threading.Event()
    threading.Thread(target=_watch, args=(descriptor, alone), daemon=True).start()
    code = process.wait()
    if alone.is_set():
        os.killpg(0, signal.SIGKILL)  # what the command has started and left behind
    return code if code >= 0 else 128 - code


def _stay(*_: object) -> None:
    """The command gets the same signal; its end is ours."""


def _watch(descriptor: int, alone: threading.Event) -> None:
    with suppress(OSError):
        os.read(descriptor, 1)
    alone.set()
    os.killpg(0, signal.SIGTERM)
    time.sleep(_GRACE_SECONDS)
    os.killpg(0, signal.SIGKILL)


if __name__ == "__main__":
    sys.exit(main(int(sys.argv[1]), sys.argv[2:]))
