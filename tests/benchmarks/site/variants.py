"""Everything that is compared, ready to answer, by name."""

import asyncio
import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from importlib import metadata
from typing import Any

import django
from django.conf import settings
from django.test import override_settings

from tests.benchmarks.site import callers, people

BARE, BARE_DEFAULT = "bare view", "bare view, default middleware"
BARE_ASGI = "bare async view, Django's ASGI"
THROUGH_ASGI = "endpoint, async handler, Django's ASGI"
COMPARED = ("Django", "asgiref", "orjson", "pydantic")
GUESTS = ("django-ninja", "channels", "django-aws-api-gateway-websockets")
PLAIN: dict[str, Any] = {"MIDDLEWARE": []}


def prepare() -> None:
    """A database with one connection and its user, ours and the rival's."""
    django.setup()
    people.make()


def body(action: str) -> bytes:
    return b'{"action":"%s","id":"7","payload":{"order_id":7}}' % action.encode()


def wsgi(path: str, action: str = "watch", *, front: bool = False, **more: Any) -> Any:
    from django.core.handlers.wsgi import WSGIHandler

    from wsrouter.wsgi import fast_path

    connection_id = more.pop("connection_id", people.CONNECTION)
    with override_settings(**more):
        handler = WSGIHandler()
    application = fast_path(handler) if front else handler
    headers = people.headers(action, connection_id)
    return callers.Wsgi(application, path, headers, body(action))


def under_wsgi() -> dict[str, Any]:
    found = {
        BARE: wsgi("/bare/", **PLAIN),
        "bare view in an included URLconf": wsgi("/included/", **PLAIN),
        "endpoint": wsgi("/ws/", **PLAIN),
        "endpoint, error of the handler": wsgi("/ws/", "sold_out", **PLAIN),
        "endpoint, refused payload": wsgi("/ws/", "refused", **PLAIN),
        "endpoint, connection and user": wsgi("/ws/", "mine", **PLAIN),
        "endpoint, unknown connection": wsgi(
            "/ws/", "mine", connection_id=people.STRANGER, **PLAIN
        ),
        "front door": wsgi("/ws/", front=True),
        "front door, connection and user": wsgi("/ws/", "mine", front=True),
        BARE_DEFAULT: wsgi("/bare/"),
        "endpoint, default middleware": wsgi("/ws/"),
    }
    if settings.HAS_NINJA:
        found["django-ninja"] = wsgi("/ninja/watch/", **PLAIN)
    if settings.HAS_RIVAL:
        found["rival"] = wsgi("/rival/default/", **PLAIN)
    return found


def under_asgi(loop: asyncio.AbstractEventLoop) -> dict[str, Any]:
    from django.core.handlers.asgi import ASGIHandler

    from wsrouter.asgi import fast_path

    with override_settings(**PLAIN):
        handler = ASGIHandler()

    def asgi(path: str, action: str, application: Any = handler) -> callers.Asgi:
        headers = people.headers(action)
        return callers.Asgi(application, path, headers, body(action), loop)

    front = fast_path(handler)
    found: dict[str, Any] = {
        BARE_ASGI: asgi("/abare/", "watch"),
        THROUGH_ASGI: asgi("/ws/", "awatch"),
        "endpoint, def handler, Django's ASGI": asgi("/ws/", "watch"),
        "endpoint, connection and user, Django's ASGI": asgi("/ws/", "mine"),
        "front door, async handler, ASGI": asgi("/ws/", "awatch", front),
        "front door, def handler, ASGI": asgi("/ws/", "watch", front),
        "front door, connection and user, ASGI": asgi("/ws/", "mine", front),
        "front door, async handler, connection and user, ASGI": asgi(
            "/ws/", "amine", front
        ),
    }
    if settings.HAS_CHANNELS:
        from tests.benchmarks.site.consumer import Echo

        text = body("watch")
        found["Channels echo consumer"] = callers.Socket(Echo.as_asgi(), text, loop)
    return found


def against(name: str) -> str:
    """What a variant's ratio is to."""
    if name.endswith("ASGI") or "Channels" in name:
        return THROUGH_ASGI
    return BARE_DEFAULT if "default middleware" in name else BARE


def queries(entry_point: Any) -> int:
    """The statements of one message in any thread, which must be answered well."""
    entry_point.once()
    with counted() as seen:
        status, answer = entry_point.once()
    assert status == 200, (status, answer)
    assert b'"id":' in answer, answer
    return len(seen)


@contextmanager
def counted() -> Iterator[list[str]]:
    """The statements of all threads: every one makes its cursor in the same way."""
    from django.db.backends.utils import CursorWrapper

    seen: list[str] = []
    execute = CursorWrapper.execute

    def noted(self: Any, sql: str, params: Any = None) -> Any:
        if not sql.startswith(("SAVEPOINT", "RELEASE", "BEGIN")):
            seen.append(sql)
        return execute(self, sql, params)

    CursorWrapper.execute = noted  # type: ignore[method-assign]
    try:
        yield seen
    finally:
        CursorWrapper.execute = execute  # type: ignore[method-assign]


def versions() -> dict[str, str]:
    found = {"sqlite": sqlite3.sqlite_version}
    for name in (*COMPARED, *GUESTS):
        try:
            found[name] = metadata.version(name)
        except metadata.PackageNotFoundError:
            continue
    return found
