"""What the front doors share: which requests they take, and what Django would do."""

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
from wsrouter.endpoint.dispatch import Arrival
from wsrouter.errors import NotOurGateway
from wsrouter.setting_caches import cleared_by, on_change
from wsrouter.wire.encode import Answer
from wsrouter.wire.mapping import HEADERS

_EVENT_TYPE = HEADERS["Event-Type"].environ_key
_TAKEN = frozenset({"MESSAGE", "DISCONNECT"})
_AT_BEGIN = {id(reset_queries), id(close_old_connections)}
_AT_END = {id(close_caches), id(close_old_connections), id(reset_urlconf)}


class Letter(NamedTuple):
    """An HTTP answer, ready to be written."""

    status: int
    reason: str
    headers: list[tuple[str, str]]
    body: bytes


REFUSED = Letter(
    403,
    "Forbidden",
    [("Content-Type", "text/html; charset=utf-8"), ("Content-Length", "0")],
    b"",
)
"""For strangers: a stranger must not cost more than a message."""
_found: set[str] = set()
"""The paths at which something proven has found the endpoint."""


def knock(
    environ: Mapping[str, Any], method: str, path: str
) -> Arrival | Letter | None:
    """A message or the end of a connection, proven and sound, for the endpoint; or what
    a stranger gets there. None is for Django, which refuses the rest."""
    is_taken = method == "POST" and environ.get(_EVENT_TYPE) in _TAKEN
    if not is_taken and path not in _found:
        return None
    try:
        alias = dispatch.proven(environ)
        if not is_taken or not _is_endpoint(path):
            return None
        _found.add(path)
        return dispatch.arrival(environ, alias)
    except NotOurGateway:
        return REFUSED if path in _found else None
    except Exception:  # noqa: BLE001  # refused or reported by Django
        return None


def letter(answer: Answer, request: Any) -> Letter:
    """Django logs every answer that is an error, and so must a door."""
    if answer.status >= 400:
        response = HttpResponse(answer.body, status=answer.status)
        reason, path = response.reason_phrase, request.path
        log_response("%s: %s", reason, path, response=response, request=request)
    reason = responses.get(answer.status, "Unknown Status Code")
    headers = [
        ("Content-Type", "application/json"),
        ("Content-Length", str(len(answer.body))),
    ]
    return Letter(answer.status, reason, headers, answer.body)


def failure(request: Any, error: Exception) -> Letter:
    """What Django answers when a view raises; called while it is being handled."""
    response = response_for_exception(request, error)
    return Letter(
        response.status_code,
        response.reason_phrase,
        list(response.items()),
        response.content,
    )


def begin(sender: type, **about: Any) -> None:
    """As Django begins a request. What it does for itself costs more by its signals
    than the rest of a message."""
    if signals_are_heard():
        request_started.send(sender=sender, **about)
        return
    for connection in connections.all(initialized_only=True):
        connection.queries_log.clear()
        connection.close_if_unusable_or_obsolete()


def end(sender: type) -> None:
    """As Django ends a request."""
    if signals_are_heard():
        request_finished.send(sender=sender)
        return
    close_caches()
    close_old_connections()
    set_urlconf(None)


def signals_are_heard() -> bool:
    """Whether others listen for the begin and end of requests than Django itself, or
    it does not (in a test)."""
    at_begin = {receiver[0][0] for receiver in request_started.receivers}
    at_end = {receiver[0][0] for receiver in request_finished.receivers}
    return at_begin != _AT_BEGIN or at_end != _AT_END


@cleared_by("ROOT_URLCONF")
@lru_cache(maxsize=64)
def _is_endpoint(path: str) -> bool:
    """A view of the project's own around the endpoint is left to Django."""
    try:
        return resolve(path, settings.ROOT_URLCONF).func is view.endpoint
    except Resolver404:
        return False


on_change(_found.clear, "ROOT_URLCONF")
