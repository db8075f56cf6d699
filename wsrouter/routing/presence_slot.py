"""Holds the function that returns what knows of presence: a module of its own for the
reason of `sender_slot`."""

from collections.abc import Callable
from typing import Any

presences: list[Callable[[], Any]] = []


def install_presences(find: Callable[[], Any]) -> None:
    """Called when an application starts."""
    presences[:] = [find]
