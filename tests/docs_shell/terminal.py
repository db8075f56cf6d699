"""A shell that a reader types into: what it prints, and how each command ends."""

import os
import re
import signal
import subprocess
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from pathlib import Path

MARK = "=== the command has ended with"
ESCAPES = re.compile(r"\x1b(?:\[[0-9;?]*[A-Za-z]|[78])")
# What a fresh machine has; pip may have to be told where its packages are.
KEPT = re.compile(r"PATH|LANG|PIP_|HTTPS?_PROXY|NO_PROXY|REQUESTS_CA|SSL_CERT", re.I)


def clean_environment(home: Path, **more: str) -> dict[str, str]:
    """Nothing of this process but what `KEPT` names."""
    kept = {name: value for name, value in os.environ.items() if KEPT.match(name)}
    for name in ("PYTHONPATH", "VIRTUAL_ENV", "DJANGO_SETTINGS_MODULE"):
        kept.pop(name, None)
    return {**kept, "HOME": str(home), "PYTHONUNBUFFERED": "1", **more}


class Terminal:
    """`bash` in a folder. Everything that it has started ends with it."""

    def __init__(self, folder: Path, environment: Mapping[str, str]) -> None:
        self._process = subprocess.Popen(
            ["bash", "--noprofile", "--norc"],
            cwd=folder,
            env=dict(environment),
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            start_new_session=True,
        )

    def run(self, command: str, *, seconds: float = 300) -> tuple[int, str]:
        """The exit code, and what was printed."""
        self.type(f"{command}\necho; echo '{MARK}' $?")
        printed = self.read_until(MARK, seconds=seconds)
        text, _, code = printed.rpartition(MARK)
        return int(code), text.rstrip("\n") + "\n" if text.strip() else ""

    def type(self, text: str) -> None:
        assert self._process.stdin
        self._process.stdin.write(f"{text}\n")
        self._process.stdin.flush()

    def read_until(self, text: str, *, seconds: float = 60) -> str:
        """What is printed up to the line with this text, which is a part of it. The
        terminal is closed if that does not come in time."""
        assert self._process.stdout
        lines: list[str] = []
        timer = threading.Timer(seconds, self._kill)
        timer.start()
        try:
            for line in self._process.stdout:
                lines.append(ESCAPES.sub("", line))
                if text in lines[-1]:
                    return "".join(lines)
        finally:
            timer.cancel()
        raise AssertionError(f"No {text!r} in {seconds:.0f} s:\n{''.join(lines)}")

    def close(self) -> None:
        """Press Ctrl-C, and close the window."""
        self._signal(signal.SIGINT)
        with suppress(BrokenPipeError, subprocess.TimeoutExpired):
            self._process.communicate(timeout=20)
        self._kill()

    def _kill(self) -> None:
        self._signal(signal.SIGKILL)
        self._process.wait(10)

    def _signal(self, number: int) -> None:
        with suppress(ProcessLookupError):
            os.killpg(self._process.pid, number)


@contextmanager
def terminal(folder: Path, environment: Mapping[str, str]) -> Iterator[Terminal]:
    opened = Terminal(folder, environment)
    try:
        yield opened
    finally:
        opened.close()
