"""The user of a handshake's session, read by one compiled statement.

Django finds the same user by itself, and does so wherever a project might have a say in
it: with a middleware or a backend that looks users up in its own way, with a session of
a former SECRET_KEY, and for every session that names no valid user.
"""

from typing import Any

from django.conf import settings
from django.contrib import auth
from django.contrib.auth.backends import ModelBackend
from django.core.exceptions import ValidationError
from django.db import router
from django.utils.functional import SimpleLazyObject, empty

from wsrouter.identity import Login, has_auth_hash
from wsrouter.registry import listed_users, session_users
from wsrouter.wiring import handshake_session
from wsrouter.wiring.request_user import bind_user

_MIDDLEWARE = "django.contrib.auth.middleware"


def find(request: Any) -> Login | None:
    """Find the user of a request whose user is still to be looked up, and tell what is
    known of the session. None where that is left to Django."""
    session = getattr(request, "session", None)
    if session is None or not _is_left_to_django(request):
        return None
    end, model = handshake_session.load(session), auth.get_user_model()
    backend, key = _backend_of(session), _user_key_of(session, model)
    if backend is None or key is None:
        return None
    if not listed_users.finds_plainly(model._default_manager):
        return None
    user = session_users.find(model, key, using=router.db_for_read(model))
    if user is None or not backend.user_can_authenticate(user):
        return None
    auth_hash = session.get(auth.HASH_SESSION_KEY) or ""
    if not _is_password_of(user, auth_hash):
        return None
    bind_user(request, user)
    return Login(auth_hash, end)


def _is_left_to_django(request: Any) -> bool:
    """Whether Django's own middleware will look the user up, and has not yet."""
    user = vars(request).get("user")
    if type(user) is not SimpleLazyObject or vars(user)["_wrapped"] is not empty:
        return False
    return bool(vars(user)["_setupfunc"].__module__ == _MIDDLEWARE)


def _backend_of(session: Any) -> Any:
    """The backend of a session, if it finds users as Django's own does."""
    path = session.get(auth.BACKEND_SESSION_KEY)
    if path not in settings.AUTHENTICATION_BACKENDS:
        return None
    backend = auth.load_backend(path)
    is_plain = getattr(type(backend), "get_user", None) is ModelBackend.get_user
    return backend if is_plain else None


def _user_key_of(session: Any, model: Any) -> Any:
    field: Any = model._meta.pk
    try:
        return field.to_python(session.get(auth.SESSION_KEY))
    except ValidationError:
        return None


def _is_password_of(user: Any, auth_hash: str) -> bool:
    if not hasattr(user, "get_session_auth_hash"):
        return not auth_hash
    return bool(auth_hash) and has_auth_hash(user, auth_hash)
