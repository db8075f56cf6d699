"""Sees every session that is deleted: by a logout, a new key, or a project's own call.

Django sends no signal for that. So `delete` of the configured SessionStore is wrapped,
through which `flush` and `cycle_key` delete as well, and `delete` of a row of its
table, which projects call to log out other devices. A listener to the deletion of
rows would see more, and make `clearsessions` load every row that it deletes.
"""

from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from contextvars import ContextVar
from functools import wraps
from importlib import import_module
from typing import Any

from asgiref.sync import sync_to_async
from django.conf import settings
from django.contrib.sessions.backends import cached_db, signed_cookies
from django.contrib.sessions.backends.base import SessionBase

from wsrouter.setting_caches import on_change

_WRAPPED = "_wsrouter_wrapped"
_FLUSHES = SessionBase.flush, cached_db.SessionStore.flush
"""Django's own, which call `delete`."""
_deleting: ContextVar[str] = ContextVar("wsrouter_deleting", default="")
"""The key whose end is recorded already: a store deletes its row through the model."""


def wrap() -> None:
    """Wrap the configured SessionStore and the model of its table."""
    with suppress(ImportError):  # Django reports it
        store = import_module(settings.SESSION_ENGINE).SessionStore
        if not issubclass(store, signed_cookies.SessionStore):
            _wrap_class(store, _key_of_store)
            model = _model_of(store)
            if model is not None:
                _wrap_class(model, lambda row, *_: row.session_key)


def sees_flush(session: Any) -> bool:
    """Whether the `flush` of a session is seen."""
    kind = type(session)
    return _WRAPPED in vars(kind) and kind.flush in _FLUSHES


def _wrap_class(kind: Any, key_of: Callable[..., str]) -> None:
    if _WRAPPED in vars(kind):
        return
    setattr(kind, _WRAPPED, True)
    kind.delete = _wrapped(kind.delete, key_of)
    if key_of is _key_of_store:  # a row's own `adelete` calls `delete`
        kind.adelete = _wrapped_async(kind.adelete, key_of)


def _model_of(store: Any) -> Any:
    """The model of a store's table; None for a store without a table, and where the
    table's app is not installed."""
    try:
        return store.get_model_class()
    except (AttributeError, RuntimeError):
        return None


def _key_of_store(session: Any, session_key: str | None = None, *_: Any) -> str:
    return session_key or session.session_key or ""


def _wrapped(delete: Any, key_of: Callable[..., str]) -> Any:
    @wraps(delete)
    def run(self: Any, *args: Any, **kwargs: Any) -> Any:
        key = key_of(self, *args, **_key_in(kwargs))
        if not key or key == _deleting.get():
            return delete(self, *args, **kwargs)
        from wsrouter.wiring import ending

        with _marked(key), ending.session_ending(_hashes(key)):
            return delete(self, *args, **kwargs)

    return run


def _wrapped_async(delete: Any, key_of: Callable[..., str]) -> Any:
    @wraps(delete)
    async def run(self: Any, *args: Any, **kwargs: Any) -> Any:
        key = key_of(self, *args, **_key_in(kwargs))
        if not key or key == _deleting.get():
            return await delete(self, *args, **kwargs)
        from wsrouter.wiring import ending

        await sync_to_async(ending.record_end)(_hashes(key))
        with _marked(key):
            result = await delete(self, *args, **kwargs)
        await sync_to_async(ending.mark_ended)(_hashes(key))
        return result

    return run


def _key_in(arguments: dict[str, Any]) -> dict[str, Any]:
    return {k: v for k, v in arguments.items() if k == "session_key"}


def _hashes(key: str) -> list[str]:
    from wsrouter.identity import session_hashes

    return session_hashes(key)


@contextmanager
def _marked(key: str) -> Iterator[None]:
    token = _deleting.set(key)
    try:
        yield
    finally:
        _deleting.reset(token)


on_change(wrap, "SESSION_ENGINE")
