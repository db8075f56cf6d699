"""A WSGI application in front of Django's: see `wsrouter.wsgi`."""

from collections.abc import Callable, Iterable, Iterator
from io import BytesIO
from threading import local
from typing import Any

from django.core.handlers.wsgi import WSGIRequest, get_script_name
from django.urls import set_script_prefix
from django.utils import timezone, translation
from django.utils.functional import SimpleLazyObject

from wsrouter.endpoint import dispatch, fast_path
from wsrouter.endpoint.dispatch import Arrival
from wsrouter.endpoint.fast_path import Letter
from wsrouter.registry import database
from wsrouter.routing.flow import drive
from wsrouter.routing.frame import EventType

Environ = dict[str, Any]
Step = Callable[[], object]
_thread = local()
"""The `prefix` of URLs that messages find in this thread; None after other requests."""


class Door:
    """Takes messages and ends of connections for the endpoint, and leaves everything
    else to `application`."""

    def __init__(self, application: Any) -> None:
        self.application = application

    def __call__(self, environ: Environ, start_response: Any) -> Iterable[bytes]:
        path = environ.get("PATH_INFO") or "/"
        arrived = fast_path.knock(environ, environ["REQUEST_METHOD"], path)
        if isinstance(arrived, Letter):
            start_response(f"{arrived.status} {arrived.reason}", arrived.headers)
            return (arrived.body,)
        if arrived is None:
            _thread.prefix = None
            return self.application(environ, start_response)  # type: ignore[no-any-return]
        _begin(environ)
        letter, afterwards = _written(arrived, environ)
        start_response(f"{letter.status} {letter.reason}", letter.headers)
        return _Sent(letter.body, afterwards)


class _Sent:
    """The body; what follows it happens when the server has sent it."""

    def __init__(self, body: bytes, afterwards: Step | None) -> None:
        self._body, self._afterwards = body, afterwards

    def __iter__(self) -> Iterator[bytes]:
        return iter((self._body,))

    def close(self) -> None:
        fast_path.end(Door)
        if self._afterwards:
            self._afterwards()
            database.close_old_connections()


def _begin(environ: Environ) -> None:
    """As Django begins a request."""
    prefix = get_script_name(environ)
    if getattr(_thread, "prefix", None) != prefix:
        _tidy(prefix)
    fast_path.begin(Door, environ=environ)


def _tidy(prefix: str) -> None:
    """What a middleware activated for the last request of Django in this thread is not
    there for a message."""
    set_script_prefix(prefix)
    translation.deactivate()
    timezone.deactivate()
    _thread.prefix = prefix


def _written(arrived: Arrival, environ: Environ) -> tuple[Letter, Step | None]:
    request = SimpleLazyObject(lambda: WSGIRequest(environ))
    try:
        is_message = arrived.frame.event_type is EventType.MESSAGE
        body = _body(environ) if is_message else b""
        answer = drive(dispatch.answer(arrived, body, request))
        return fast_path.letter(answer, request), dispatch.afterwards(arrived, answer)
    except Exception as error:  # noqa: BLE001  # answered as Django does
        return fast_path.failure(request, error), None


def _body(environ: Environ) -> bytes | None:
    """None when there is more than a frame can have; then it is not read."""
    length = environ.get("CONTENT_LENGTH") or "0"
    if not length.isdecimal():
        return b""
    if int(length) > dispatch.most():
        return None
    body: bytes = environ["wsgi.input"].read(int(length))
    environ["wsgi.input"] = BytesIO(body)
    return body
