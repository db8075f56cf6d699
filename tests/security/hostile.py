"""Requests that nobody would send, and what the endpoint must make of them."""

import logging
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache
from typing import Any

from django.core.handlers.wsgi import WSGIHandler
from django.core.signals import request_finished, request_started
from django.db import close_old_connections
from django.http import HttpResponse
from django.test import RequestFactory, override_settings

from tests.django.events import SECRET, URL, headers
from tests.security.served import SETTINGS
from wsrouter import wsgi
from wsrouter.models import OpenConnection
from wsrouter.wire import mapping
from wsrouter.wire.mapping import environ_key

LIVE = "LIVE_id-0000001="
EVENTS = ["CONNECT", "MESSAGE", "DISCONNECT"]
KEYS = ["who", "login", "permission", "open", "", "$default"]
METHODS = ["POST"] * 9 + ["GET", "PUT", "TRACE", "DELETE"]
NAMES = [mapping.SECRET, mapping.GATEWAY]
NAMES += [mapping.PREFIX + name for name in mapping.HEADERS]
CLIENTS = ["Origin", "Cookie", "Sec-WebSocket-Key", "Sec-WebSocket-Protocol"]
CLIENTS += ["X-Forwarded-For", "X-Forwarded-Proto", "Content-Type"]
VALUES = ["", " ", ",", "\x00", "\x7f", "é", "Ù£", "null", "-", "-1", "1e3", "fe80::1%"]
VALUES += ["CONNECT", "MESSAGE", "DISCONNECT", "$connect", "default,default"]
VALUES += ["sessionid=x; sessionid=y", "' OR 1=1 --", "${jndi:ldap://x}"]
VALUES += ["https://evil.example", LIVE, LIVE.lower(), "9" * 30, "x" * 9000, LIVE * 9]
GUESSES = ["", SECRET[1:], f"{SECRET},x"]
BODIES = [
    b"",
    b"null",
    b"[" * 70_000,
    b"[" * 60_000 + b"]" * 60_000,
    b'{"a":' * 20_000,
    b"{}" * 60_000,
    b'"' * 9_999,
    b"\\" * 9_999,
    b'{"action": "who", "id": 1e400}',
    b'{"action": "who", "id": "\\ud800"}',
    b'{"action": "\\u0000"}',
    b'{"action": "who", "action": "login"}',
    b"\xff\xfe{}",
    b"x" * 131_073,
]
QUERIES = ["", "?ticket=", "?ticket=%ff%00", "?a=b&a=c", "?%"]


def sound(event: str, key: str) -> dict[str, str]:
    """The headers of an event as it should be."""
    return headers(event, key if event == "MESSAGE" else "", connection_id=LIVE)


def settled(sent: dict[str, str], guess: str, *, proven: bool) -> dict[str, str]:
    """With the secret, or surely without it."""
    if proven:
        return sent | {mapping.SECRET: SECRET, mapping.GATEWAY: "default"}
    if sent.get(mapping.SECRET) == SECRET:
        return sent | {mapping.SECRET: guess}
    return sent


def answer(
    method: str, query: str, body: bytes, sent: dict[str, str], *, front: bool
) -> HttpResponse:
    """By the view, through Django and its middleware, or through the fast path."""
    environ = {_key(name): value for name, value in sent.items()}
    request = RequestFactory().generic(method, URL + query, body, **environ)
    start: list[Any] = []
    application = _application(front=front)
    response = application(request.environ, lambda *given: start.extend(given))
    content = b"".join(response)
    getattr(response, "close", lambda: None)()
    return HttpResponse(content, status=int(start[0].split()[0]))


@cache
def _application(*, front: bool) -> Any:
    return wsgi.fast_path(WSGIHandler()) if front else WSGIHandler()


def _key(name: str) -> str:
    return "CONTENT_TYPE" if name == "Content-Type" else environ_key(name)


def check_refused(response: Any, crashes: list[logging.LogRecord]) -> None:
    assert response.status_code == 403
    assert response.content == b""
    assert not crashes, crashes


def check_answered(response: Any, crashes: list[logging.LogRecord]) -> None:
    """Also that nobody has become somebody."""
    assert response.status_code < 500, response.status_code
    assert not crashes, crashes
    assert b"Traceback" not in response.content
    for row in OpenConnection.objects.all():
        assert (row.user, row.gateway) == (None, "default")


class _Listener(logging.Handler):
    def __init__(self) -> None:
        super().__init__()
        self.found: list[logging.LogRecord] = []

    def emit(self, record: logging.LogRecord) -> None:
        if record.exc_info:
            self.found.append(record)


@contextmanager
def served() -> Iterator[list[logging.LogRecord]]:
    """The endpoint with a router; what is logged with a traceback."""
    listener = _Listener()
    loggers = [logging.getLogger(name) for name in ("wsrouter", "django")]
    for each in loggers:
        each.addHandler(listener)
    try:
        with connections_kept(), override_settings(WSROUTER={"default": SETTINGS}):
            yield listener.found
    finally:
        for each in loggers:
            each.removeHandler(listener)


@contextmanager
def connections_kept() -> Iterator[None]:
    """As Django's test client does: a test has one connection to the database."""
    signals = (request_started, request_finished)
    for each in signals:
        each.disconnect(close_old_connections)
    try:
        yield
    finally:
        for each in signals:
            each.connect(close_old_connections)
