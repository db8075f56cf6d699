"""Runs a command, and ends it with all its children when the parent process dies.

Run as a script: `parent_watchdog.py <descriptor> <command>...`. The descriptor is the
read end of a pipe. Only the parent holds the write end, so reading returns when the
parent is gone, however it died.
"""

import os
import signal
import subprocess
import sys
import threading
import time
from contextlib import suppress

_GRACE_SECONDS = 3.0
"""Between SIGTERM and SIGKILL."""


def main(descriptor: int, command: list[str]) -> int:
    """Run the command to its end, as the leader of its process group; its exit code,
    or 128 and the number of the signal that ended it."""
    for number in (signal.SIGTERM, signal.SIGINT, signal.SIGHUP):
        signal.signal(number, _ignore)
    process = subprocess.Popen(command)  # noqa: S603  # the command of ws_local
    parent_died = threading.Event()
    watcher = threading.Thread(
        target=_watch, args=(descriptor, parent_died), daemon=True
    )
    watcher.start()
    code = process.wait()
    if parent_died.is_set():
        os.killpg(0, signal.SIGKILL)  # children that the command left behind
    return code if code >= 0 else 128 - code


def _ignore(*_: object) -> None:
    """The command gets the same signal, and this process ends when the command does."""


def _watch(descriptor: int, parent_died: threading.Event) -> None:
    with suppress(OSError):
        os.read(descriptor, 1)
    parent_died.set()
    os.killpg(0, signal.SIGTERM)
    time.sleep(_GRACE_SECONDS)
    os.killpg(0, signal.SIGKILL)


if __name__ == "__main__":
    sys.exit(main(int(sys.argv[1]), sys.argv[2:]))
