"""Reads a log as it grows, also when it is rotated or emptied."""

import os
import time
from collections import deque
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import TextIO

_PAUSE_SECONDS = 0.2
_LONGEST_LINE = 4096


def lines(path: Path, *, last: int, follow: bool) -> Iterator[str]:
    """The last lines of a file, and with `follow` those that are written to it from
    now on. Raises OSError when the file cannot be read."""
    file = _opened(path)
    try:
        yield from _last_lines(file, last)
        while follow:
            if line := _whole_line(file):
                yield line
            elif _is_replaced(file, path):
                file.close()
                file = _opened(path)
            else:
                time.sleep(_PAUSE_SECONDS)
    finally:
        file.close()


def _opened(path: Path) -> TextIO:
    return path.open(encoding="utf-8", errors="replace")


def _last_lines(file: TextIO, count: int) -> Iterable[str]:
    """The last lines; of a large file not more than its end is read."""
    size = os.fstat(file.fileno()).st_size
    if start := max(0, size - count * _LONGEST_LINE):
        file.seek(start)
        file.readline()
    return deque(file, maxlen=count)


def _whole_line(file: TextIO) -> str:
    """The next line, empty when its end has not been written yet."""
    place = file.tell()
    line = file.readline()
    if line.endswith("\n"):
        return line
    file.seek(place)
    return ""


def _is_replaced(file: TextIO, path: Path) -> bool:
    """Whether another file has its name now, or it has become shorter."""
    try:
        now = path.stat()
    except FileNotFoundError:
        return False
    opened = os.fstat(file.fileno())
    return (now.st_dev, now.st_ino) != (opened.st_dev, opened.st_ino) or (
        now.st_size < file.tell()
    )
