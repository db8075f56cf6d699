"""A WSGI application in front of Django's: see `wsrouter.wsgi`."""

from collections.abc import Callable, Iterable, Iterator
from functools import partial
from io import BytesIO
from threading import local
from typing import Any

from django.core.handlers.wsgi import WSGIHandler, WSGIRequest, get_script_name
from django.urls import set_script_prefix
from django.utils import timezone, translation
from django.utils.functional import SimpleLazyObject

from wsrouter.endpoint import (
    dispatch,
    fast_handshake,
    fast_path,
    handshake_cleaning,
)
from wsrouter.endpoint.dispatch import CONNECT, MESSAGE, VerifiedRequest
from wsrouter.endpoint.fast_path import RawResponse
from wsrouter.endpoint.replies_first import Following
from wsrouter.registry import database

Environ = dict[str, Any]
Afterwards = Callable[[], object]
_thread = local()
"""`prefix` is the URL prefix that messages of this thread have found; None after what
may have activated another language: a handshake, and a request that Django answered."""


class FastPath:
    """Answers the endpoint's messages, ends of connections and the handshakes that it
    can, and leaves everything else to `application`."""

    def __init__(self, application: Any) -> None:
        self.application = application

    def __call__(self, environ: Environ, start_response: Any) -> Iterable[bytes]:
        path = environ.get("PATH_INFO") or "/"
        matched = fast_path.match(environ, environ["REQUEST_METHOD"], path)
        if isinstance(matched, RawResponse):
            start_response(f"{matched.status} {matched.reason}", matched.headers)
            return (matched.body,)
        if matched is None and handshake_cleaning.is_handshake(environ):
            handshake_cleaning.clean_environ(environ)
            matched = self._match_handshake(environ, path)
        if matched is None:
            _thread.prefix = None
            return self.application(environ, start_response)  # type: ignore[no-any-return]
        if matched.event_type is CONNECT:
            _thread.prefix = None
        _begin(environ)
        following = Following(matched.gateway)
        response, afterwards = _answer(matched, environ, following)
        start_response(f"{response.status} {response.reason}", response.headers)
        return _Body(response.body, following, afterwards)

    def _match_handshake(self, environ: Environ, path: str) -> VerifiedRequest | None:
        """Only where nothing lies between this and Django that could act on it."""
        if not fast_handshake.is_djangos(self.application, WSGIHandler):
            return None
        return fast_handshake.match(environ, environ["REQUEST_METHOD"], path)


class _Body:
    """The body of a response. The server calls `close` when it has sent it."""

    def __init__(
        self, body: bytes, following: Following, afterwards: Afterwards | None
    ) -> None:
        self._body, self._following, self._afterwards = body, following, afterwards

    def __iter__(self) -> Iterator[bytes]:
        return iter((self._body,))

    def close(self) -> None:
        self._following.hand_over()
        fast_path.end_request(FastPath)
        if self._afterwards:
            self._afterwards()
            database.close_old_connections()


def _begin(environ: Environ) -> None:
    prefix = get_script_name(environ)
    if getattr(_thread, "prefix", None) != prefix:
        _reset_thread(prefix)
    fast_path.begin_request(FastPath, environ=environ)


def _reset_thread(prefix: str) -> None:
    """Undo what a middleware activated for Django's last request in this thread: a
    message goes through no middleware."""
    set_script_prefix(prefix)
    translation.deactivate()
    timezone.deactivate()
    _thread.prefix = prefix


def _answer(
    verified: VerifiedRequest, environ: Environ, following: Following
) -> tuple[RawResponse, Afterwards | None]:
    if verified.event_type is CONNECT:
        response = fast_handshake.answer(verified, WSGIRequest(environ), following)
        _thread.prefix = None
        return response, None
    request = SimpleLazyObject(lambda: WSGIRequest(environ))
    try:
        body = _body(environ) if verified.event_type is MESSAGE else b""
        answer = following.run_sync(dispatch.answer(verified, body, request))
        end = partial(dispatch.end_session, verified) if answer.ended else None
        return fast_path.raw_response(answer, request), end
    except Exception as error:  # noqa: BLE001  # answered as Django does
        return fast_path.crash_response(request, error), None


def _body(environ: Environ) -> bytes | None:
    """None for a body that is larger than a frame can be; it is not read."""
    length = environ.get("CONTENT_LENGTH") or "0"
    if not length.isdecimal():
        return b""
    if int(length) > dispatch.max_body_bytes():
        return None
    body: bytes = environ["wsgi.input"].read(int(length))
    environ["wsgi.input"] = BytesIO(body)
    return body
