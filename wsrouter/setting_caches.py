"""Clears caches that depend on Django's settings when a test overrides a setting."""

from collections.abc import Callable
from typing import Protocol, TypeVar

from django.core.signals import setting_changed


class Cached(Protocol):
    """A function with a cache of `functools`."""

    def cache_clear(self) -> None: ...


C = TypeVar("C", bound=Cached)


def cleared_by(*settings: str) -> Callable[[C], C]:
    """Clear a cached function whenever one of these settings changes."""

    def connect(cached: C) -> C:
        on_change(cached.cache_clear, *settings)
        return cached

    return connect


def on_change(clear: Callable[[], object], *settings: str) -> None:
    """Call `clear` whenever one of these settings changes."""

    def receive(*, setting: str, **_: object) -> None:
        if setting in settings:
            clear()

    setting_changed.connect(receive, weak=False)
