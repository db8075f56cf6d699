"""Recognises types of Django by name, so that routing works without Django."""

from collections.abc import Callable
from functools import lru_cache
from typing import Any

LAZY_TEXT = ("django.utils.functional", "Promise")
QUERYSET = ("django.db.models.query", "QuerySet")
RAW_QUERYSET = ("django.db.models.query", "RawQuerySet")
MANAGER = ("django.db.models.manager", "BaseManager")
HTTP_404 = ("django.http.response", "Http404")
PERMISSION_DENIED = ("django.core.exceptions", "PermissionDenied")
MODEL = ("django.db.models.base", "Model")


def _read_names(kind: type) -> frozenset[tuple[str, str]]:
    return frozenset((base.__module__, base.__qualname__) for base in kind.__mro__)


_names: Callable[[type], frozenset[tuple[str, str]]] = lru_cache(1024)(_read_names)


def is_a(value: Any, name: tuple[str, str]) -> bool:
    """Whether `value` is an instance of the class of that module and name."""
    return name in _names(type(value))


def stands_for(value: Any, name: tuple[str, str]) -> bool:
    """Whether `value` is such an instance or stands for one, as `request.user` does: it
    is read from the database now if it was not used before."""
    return name in _names(value.__class__)
