"""Which processes were started for a test: a mark in their environment tells."""

from contextlib import suppress
from pathlib import Path


def marked(mark: str) -> set[int]:
    """Those that run and have `mark`, a `NAME=value`, in their environment."""
    return {pid for pid in _pids() if mark.encode() in _environment_of(pid)}


def _pids() -> list[int]:
    return [int(each.name) for each in Path("/proc").iterdir() if each.name.isdecimal()]


def _environment_of(pid: int) -> list[bytes]:
    """Empty for a process that has ended, reaped or not."""
    with suppress(OSError):
        return Path(f"/proc/{pid}/environ").read_bytes().split(b"\0")
    return []
