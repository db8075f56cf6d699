"""Whether Django's authentication backends still give a user, as an HTTP request asks
them. A project may override `get_user` to refuse users that it has banned."""

from typing import Any

from django.contrib.auth import get_backends
from django.contrib.auth.backends import BaseBackend, ModelBackend

from wsrouter.identity import primary_key


def are_asked() -> bool:
    """Whether any user can be refused: a backend that finds users as Django's own does
    gives every active one that the default manager lists."""
    backends = get_backends()
    return bool(backends) and not any(
        getattr(type(backend), "get_user", None) is ModelBackend.get_user
        for backend in backends
    )


def accept(user: Any) -> bool:
    """Whether a backend gives this user; those without a `get_user` are not asked."""
    if user is None or not are_asked():
        return True
    backends = [backend for backend in get_backends() if _has_get_user(backend)]
    return not backends or any(
        backend.get_user(primary_key(user)) for backend in backends
    )


def _has_get_user(backend: Any) -> bool:
    own = getattr(type(backend), "get_user", None)
    return own is not None and own is not BaseBackend.get_user
