"""The applications that the two servers run."""

import asyncio
import os

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "tests.faults.site.settings")

from django.core.asgi import get_asgi_application

from wsrouter.asgi import fast_path

AT_ONCE = int(os.environ.get("FAULTS_AT_ONCE", "8"))
"""Requests of one server: each has a session of the database, which has not enough for
hundreds."""
PATIENCE = float(os.environ.get("FAULTS_PATIENCE", "5"))
"""Whoever waits for longer is turned away: of no use is an answer after 29 seconds."""
_BUSY = {"type": "http.response.start", "status": 503, "headers": []}
_free = asyncio.Semaphore(AT_ONCE)


async def _bounded(application, scope, receive, send):  # type: ignore[no-untyped-def]
    try:
        await asyncio.wait_for(_free.acquire(), PATIENCE)
    except TimeoutError:
        await send(_BUSY)
        await send({"type": "http.response.body"})
        return
    try:
        await application(scope, receive, send)
    finally:
        _free.release()


_plain = get_asgi_application()
_fast = fast_path(_plain)


async def plain(scope, receive, send):  # type: ignore[no-untyped-def]
    await _bounded(_plain, scope, receive, send)


async def fast(scope, receive, send):  # type: ignore[no-untyped-def]
    await _bounded(_fast, scope, receive, send)
