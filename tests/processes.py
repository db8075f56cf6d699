"""Which processes were started for a test: a mark in their environment tells, or that
they descend from one."""

from contextlib import suppress
from pathlib import Path


def marked(mark: str) -> set[int]:
    """Those that run and have `mark`, a `NAME=value`, in their environment."""
    return {pid for pid in _pids() if mark.encode() in _environment_of(pid)}


def process_tree(pid: int) -> list[int]:
    """A process and all that descend from it, parents first."""
    children: dict[int, list[int]] = {}
    for child in _pids():
        children.setdefault(_parent_of(child), []).append(child)
    found = [pid]
    for parent in found:
        found.extend(children.get(parent, ()))
    return found


def _parent_of(pid: int) -> int:
    """0 for a process that has ended."""
    with suppress(OSError):
        return int(Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[1])
    return 0


def _pids() -> list[int]:
    return [int(each.name) for each in Path("/proc").iterdir() if each.name.isdecimal()]


def _environment_of(pid: int) -> list[bytes]:
    """Empty for a process that has ended, reaped or not."""
    with suppress(OSError):
        return Path(f"/proc/{pid}/environ").read_bytes().split(b"\0")
    return []
