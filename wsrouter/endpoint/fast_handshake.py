"""Handshakes on the fast path. Of all that the middleware of a new project does, they
need the check of their host, the session and the user; where a project has any other
middleware, Django answers them."""

from collections.abc import Mapping
from functools import cache
from typing import Any, NamedTuple

from django.conf import settings
from django.contrib.auth.middleware import AuthenticationMiddleware
from django.contrib.sessions.middleware import SessionMiddleware
from django.http import HttpRequest, HttpResponse

from wsrouter.endpoint import dispatch, fast_path, handshake_cleaning
from wsrouter.endpoint.dispatch import VerifiedRequest
from wsrouter.endpoint.fast_path import RawResponse
from wsrouter.endpoint.replies_first import Following
from wsrouter.setting_caches import cleared_by
from wsrouter.wire.encode import Answer

_SESSION = "django.contrib.sessions.middleware.SessionMiddleware"
_HOST = "django.middleware.common.CommonMiddleware"
_USER = "django.contrib.auth.middleware.AuthenticationMiddleware"
_WITHOUT_EFFECT = frozenset(
    {
        "django.contrib.auth.middleware.LoginRequiredMiddleware",
        "django.contrib.messages.middleware.MessageMiddleware",
        "django.middleware.clickjacking.XFrameOptionsMiddleware",
        "django.middleware.csp.ContentSecurityPolicyMiddleware",
        "django.middleware.csrf.CsrfViewMiddleware",
        "django.middleware.gzip.GZipMiddleware",
        "django.middleware.security.SecurityMiddleware",
    }
)
"""On a handshake: API Gateway drops the headers that they add to its answer. The
settings that give them an effect are asked for by `_is_usual`."""


class _Middleware(NamedTuple):
    session: SessionMiddleware
    user: AuthenticationMiddleware


def match(environ: Mapping[str, Any], method: str, path: str) -> VerifiedRequest | None:
    """What a handshake that was cleaned carries; None for one that Django answers, as
    it does whatever has to be refused or reported before anybody is asked."""
    if method != "POST" or not _is_usual() or not fast_path.is_endpoint(path):
        return None
    try:
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
    middleware.session.process_request(request)
    middleware.user.process_request(request)
    if not dispatch.has_allowed_origin(verified, request):
        dispatch.tell_refused(verified, 403)
        return Answer(status=403)
    found = following.run_sync(dispatch.answer(verified, b"", request))
    _save_session(middleware.session, request, found.status)
    return found


def _save_session(
    middleware: SessionMiddleware, request: HttpRequest, status: int
) -> None:
    """The cookie that the middleware sets goes nowhere."""
    if request.session.modified or settings.SESSION_SAVE_EVERY_REQUEST:
        middleware.process_response(request, HttpResponse(status=status))


@cleared_by("MIDDLEWARE", "SESSION_ENGINE")
@cache
def _middleware() -> _Middleware:
    return _Middleware(
        SessionMiddleware(HttpResponse), AuthenticationMiddleware(HttpResponse)
    )


@cleared_by(
    "MIDDLEWARE", "SECURE_SSL_REDIRECT", "DISALLOWED_USER_AGENTS", "PREPEND_WWW"
)
@cache
def _is_usual() -> bool:
    needed = [name for name in settings.MIDDLEWARE if name not in _WITHOUT_EFFECT]
    has_effect = (
        settings.SECURE_SSL_REDIRECT
        or settings.DISALLOWED_USER_AGENTS
        or settings.PREPEND_WWW
    )
    return needed == [_SESSION, _HOST, _USER] and not has_effect
