"""Holds the function that returns the application's sender.

It is a module of its own because it is filled when an application starts: importing
what sends would make the start slower, and most processes send nothing then.
"""

from collections.abc import Callable
from typing import Any

senders: list[Callable[[], Any]] = []


def install_sender(find: Callable[[], Any]) -> None:
    """Called when an application starts; `find` is called for every send."""
    senders[:] = [find]
