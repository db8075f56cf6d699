"""Handshakes on the fast path. Of all that the middleware of a new project does, they
need the check of their host, the session, the CSRF token and the user; where a project
has any other middleware, Django answers them."""

import sys
from collections.abc import Mapping
from functools import cache
from types import FunctionType
from typing import Any, NamedTuple

from django.conf import settings
from django.contrib.auth.middleware import AuthenticationMiddleware
from django.contrib.sessions.middleware import SessionMiddleware
from django.http import HttpRequest, HttpResponse
from django.middleware.csrf import CsrfViewMiddleware

from wsrouter.endpoint import (
    dispatch,
    fast_path,
    handshake_cleaning,
    handshake_origin,
)
from wsrouter.endpoint.dispatch import VerifiedRequest
from wsrouter.endpoint.fast_path import RawResponse
from wsrouter.endpoint.replies_first import Following
from wsrouter.setting_caches import cleared_by
from wsrouter.wire.encode import Answer

_SESSION = "django.contrib.sessions.middleware.SessionMiddleware"
_HOST = "django.middleware.common.CommonMiddleware"
_CSRF = "django.middleware.csrf.CsrfViewMiddleware"
_USER = "django.contrib.auth.middleware.AuthenticationMiddleware"
_WITHOUT_EFFECT = frozenset(
    {
        "django.contrib.auth.middleware.LoginRequiredMiddleware",
        "django.contrib.messages.middleware.MessageMiddleware",
        "django.middleware.clickjacking.XFrameOptionsMiddleware",
        "django.middleware.gzip.GZipMiddleware",
        "django.middleware.security.SecurityMiddleware",
    }
)
"""On a handshake: API Gateway drops the headers that they add to its answer. The
settings that give them an effect are asked for by `_is_usual`."""
_METHODS = "__call__", "get_response", "get_response_async", "load_middleware"
"""Those of Django's handlers that act on a request, or prepare it."""


class _Middleware(NamedTuple):
    session: SessionMiddleware
    csrf: CsrfViewMiddleware | None
    user: AuthenticationMiddleware

    def process_request(self, request: HttpRequest) -> None:
        self.session.process_request(request)
        if self.csrf:
            self.csrf.process_request(request)
        self.user.process_request(request)

    def process_response(self, request: HttpRequest, status: int) -> None:
        """Save what was changed; the cookies that are set go nowhere."""
        session = getattr(request, "session", None)
        is_changed = session is not None and session.modified
        has_token = "CSRF_COOKIE_NEEDS_UPDATE" in request.META
        if not (is_changed or has_token or settings.SESSION_SAVE_EVERY_REQUEST):
            return
        response = HttpResponse(status=status)
        if self.csrf:
            self.csrf.process_response(request, response)
        self.session.process_response(request, response)


def is_djangos(application: Any, *kinds: type) -> bool:
    """Whether it is one of Django's own applications, as Django has made it: tracers
    and error trackers replace methods of these classes."""
    kind = type(application)
    methods = (getattr(kind, name) for name in _METHODS if hasattr(kind, name))
    return kind in kinds and all(map(_is_original, methods))


def _is_original(method: Any) -> bool:
    """Whether its code is in the file of the module that it says it is of."""
    if not isinstance(method, FunctionType):
        return False
    module = sys.modules.get(method.__module__)
    is_known = method.__module__.startswith(("django.", "wsrouter."))
    return is_known and getattr(module, "__file__", "") == method.__code__.co_filename


def match(environ: Mapping[str, Any], method: str, path: str) -> VerifiedRequest | None:
    """What a handshake that was cleaned carries; None for one that Django answers, as
    it does whatever has to be refused or reported before anybody is asked."""
    if method != "POST" or not _is_usual():
        return None
    try:
        if not fast_path.is_endpoint(path):
            return None
        return dispatch.read_headers(environ, dispatch.verify_gateway(environ))
    except Exception:  # noqa: BLE001  # refused or reported by Django
        return None


def answer(
    verified: VerifiedRequest, request: HttpRequest, following: Following
) -> RawResponse:
    """Answer it in this thread, as the view does."""
    try:
        request.get_host()
        handshake_cleaning.clean_request(request)
        found = _answered(verified, request, following)
        return fast_path.raw_response(found, request)
    except Exception as error:  # noqa: BLE001  # answered as Django does
        return fast_path.crash_response(request, error)


def _answered(
    verified: VerifiedRequest, request: HttpRequest, following: Following
) -> Answer:
    middleware = _middleware()
    middleware.process_request(request)
    if handshake_origin.is_refused(verified, request):
        found = Answer(status=handshake_origin.STATUS)
    else:
        found = following.run_sync(dispatch.answer(verified, b"", request))
    middleware.process_response(request, found.status)
    return found


@cleared_by("MIDDLEWARE", "SESSION_ENGINE")
@cache
def _middleware() -> _Middleware:
    has_csrf = _CSRF in settings.MIDDLEWARE
    return _Middleware(
        SessionMiddleware(HttpResponse),
        CsrfViewMiddleware(HttpResponse) if has_csrf else None,
        AuthenticationMiddleware(HttpResponse),
    )


@cleared_by(
    "MIDDLEWARE", "SECURE_SSL_REDIRECT", "DISALLOWED_USER_AGENTS", "PREPEND_WWW"
)
@cache
def _is_usual() -> bool:
    optional = {*_WITHOUT_EFFECT, _CSRF}
    needed = [name for name in settings.MIDDLEWARE if name not in optional]
    has_effect = (
        settings.SECURE_SSL_REDIRECT
        or settings.DISALLOWED_USER_AGENTS
        or settings.PREPEND_WWW
    )
    return needed == [_SESSION, _HOST, _USER] and not has_effect
