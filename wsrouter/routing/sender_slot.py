"""The slot for the application's sender, apart from what it is for: it is filled when
an application starts, and most of them do not send then."""

from collections.abc import Callable
from typing import Any

senders: list[Callable[[], Any]] = []


def install_sender(find: Callable[[], Any]) -> None:
    """Called when an application starts; `find` is asked at every send."""
    senders[:] = [find]
