"""What the WSGI and the ASGI fast path share: which requests they answer themselves,
and what Django does around a request."""

from collections.abc import Mapping
from functools import lru_cache
from http.client import responses
from typing import Any, NamedTuple

from django.conf import settings
from django.core.cache import close_caches
from django.core.handlers.base import reset_urlconf
from django.core.handlers.exception import response_for_exception
from django.core.signals import request_finished, request_started
from django.db import close_old_connections, connections, reset_queries
from django.http import HttpResponse
from django.urls import Resolver404, resolve, set_urlconf
from django.utils.log import log_response

from wsrouter.endpoint import dispatch, view
from wsrouter.endpoint.dispatch import VerifiedRequest
from wsrouter.errors import UnverifiedRequest
from wsrouter.setting_caches import cleared_by, on_change
from wsrouter.wire.encode import Answer
from wsrouter.wire.mapping import HEADERS
from wsrouter.wiring import after_response, crash_mails

_EVENT_TYPE = HEADERS["Event-Type"].environ_key
_ANSWERED_TYPES = frozenset({"MESSAGE", "DISCONNECT"})
_OUR_RECEIVER = "wsrouter"
_HANDSHAKE_RECEIVER = "wsrouter.handshake"
"""Connected by `apps`; it does nothing for messages."""
_DJANGOS_START_RECEIVERS = {
    _OUR_RECEIVER,
    _HANDSHAKE_RECEIVER,
    id(reset_queries),
    id(close_old_connections),
}
_DJANGOS_FINISH_RECEIVERS = {
    _OUR_RECEIVER,
    id(close_caches),
    id(close_old_connections),
    id(reset_urlconf),
}


class RawResponse(NamedTuple):
    """An HTTP response, ready to be written."""

    status: int
    reason: str
    headers: list[tuple[str, str]]
    body: bytes


FORBIDDEN = RawResponse(
    403,
    "Forbidden",
    [("Content-Type", "text/html; charset=utf-8"), ("Content-Length", "0")],
    b"",
)
"""For requests without the secret: refusing one must not cost more than a message."""
_endpoint_paths: set[str] = set()
"""The paths at which a request with the secret has found the endpoint."""


def match(
    environ: Mapping[str, Any], method: str, path: str
) -> VerifiedRequest | RawResponse | None:
    """Decide what to do with a request: answer it (a message or the end of a
    connection, with the secret), refuse it, or leave it to Django (None).

    After its first message, the fast path also refuses requests without the secret.
    They get the same empty 403, but no line in `django.request`.
    """
    is_ours = method == "POST" and environ.get(_EVENT_TYPE) in _ANSWERED_TYPES
    if not is_ours and path not in _endpoint_paths:
        return None
    try:
        alias = dispatch.verify_gateway(environ)
        if not is_ours or not is_endpoint(path):
            return None
        _endpoint_paths.add(path)
        return dispatch.read_headers(environ, alias)
    except UnverifiedRequest:
        return FORBIDDEN if path in _endpoint_paths else None
    except Exception:  # noqa: BLE001  # refused or reported by Django
        return None


def raw_response(answer: Answer, request: Any) -> RawResponse:
    """Log error responses as Django does: the fast path bypasses Django's own logging.

    A log of errors may send a mail.
    """
    if answer.status >= 400:
        if answer.status >= 500:
            crash_mails.mark_failed(request)
        _log(HttpResponse(answer.body, status=answer.status), request)
    reason = responses.get(answer.status, "Unknown Status Code")
    headers = [
        ("Content-Type", "application/json"),
        ("Content-Length", str(len(answer.body))),
        *answer.headers.items(),
    ]
    return RawResponse(answer.status, reason, headers, answer.body)


def crash_response(request: Any, error: Exception) -> RawResponse:
    """Django's response to a view that raised `error`, which is being handled."""
    response = response_for_exception(request, error)
    if response.status_code >= 400:
        _log(response, request)
    return RawResponse(
        response.status_code,
        response.reason_phrase,
        list(response.items()),
        response.content,
    )


def _log(response: Any, request: Any) -> None:
    """As Django's handler does, unless it was logged already."""
    reason, path = response.reason_phrase, request.path
    log_response("%s: %s", reason, path, response=response, request=request)


def begin_request(sender: type, **signal_arguments: Any) -> None:
    """Do what Django does at the start of a request. Its signals cost more than the
    rest of a message, so they are sent only where the application listens to them."""
    if has_request_receivers():
        request_started.send(sender=sender, **signal_arguments)
        return
    after_response.begin()
    for connection in connections.all(initialized_only=True):
        connection.queries_log.clear()
        connection.close_if_unusable_or_obsolete()


def end_request(sender: type) -> None:
    """Do what Django does at the end of a request: close caches and stale database
    connections, reset the URLconf."""
    if has_request_receivers():
        request_finished.send(sender=sender)
        return
    close_caches()
    close_old_connections()
    set_urlconf(None)
    after_response.end()


def has_request_receivers() -> bool:
    """Whether the request signals have other receivers than Django's own, or Django's
    own are disconnected, as its test client does."""
    started = {receiver[0][0] for receiver in request_started.receivers}
    finished = {receiver[0][0] for receiver in request_finished.receivers}
    return started != _DJANGOS_START_RECEIVERS or finished != _DJANGOS_FINISH_RECEIVERS


@cleared_by("ROOT_URLCONF")
@lru_cache(maxsize=64)
def is_endpoint(path: str) -> bool:
    """Whether a path leads to the endpoint; a project's own view that wraps it is left
    to Django."""
    try:
        found = resolve(path, settings.ROOT_URLCONF)
    except Resolver404:
        return False
    return found.func is view.endpoint and not (found.args or found.kwargs)


on_change(_endpoint_paths.clear, "ROOT_URLCONF")
