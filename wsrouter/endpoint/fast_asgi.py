"""An ASGI application in front of Django's: see `wsrouter.asgi`."""

from collections.abc import Callable
from functools import lru_cache, partial
from io import BytesIO
from typing import Any

from asgiref.sync import sync_to_async
from django.core.handlers.asgi import ASGIRequest, get_script_prefix
from django.urls import set_script_prefix
from django.utils.functional import SimpleLazyObject

from wsrouter.endpoint import dispatch, fast_path
from wsrouter.endpoint.dispatch import Arrival
from wsrouter.endpoint.fast_path import Letter
from wsrouter.endpoint.request_thread import Lane
from wsrouter.routing.flow import adrive
from wsrouter.wire import mapping
from wsrouter.wire.mapping import environ_key

_PREFIX = mapping.PREFIX.lower().encode()
_HANDSHAKE = b"sec-websocket-key"

Receive = Callable[[], Any]
Send = Callable[[Any], Any]


class _GoneError(Exception):
    """Whoever asked does not wait for the answer."""


class Door:
    """Takes messages and ends of connections for the endpoint, and leaves everything
    else to `application`."""

    def __init__(self, application: Any) -> None:
        self.application = application

    async def __call__(self, scope: Any, receive: Receive, send: Send) -> None:
        arrived = None
        if scope["type"] == "http":
            prefix = get_script_prefix(scope)
            path = scope["path"].removeprefix(prefix) if prefix else scope["path"]
            arrived = fast_path.knock(_environ(scope), scope["method"], path)
        if arrived is None:
            await self.application(scope, receive, send)
        elif isinstance(arrived, Letter):
            await _post(arrived, send)
        else:
            await _answer(arrived, scope, receive, send)


async def _answer(arrived: Arrival, scope: Any, receive: Receive, send: Send) -> None:
    try:
        body = await _body(receive)
    except _GoneError:
        return
    set_script_prefix(get_script_prefix(scope))
    request = SimpleLazyObject(lambda: ASGIRequest(scope, BytesIO(body or b"")))
    begin = partial(fast_path.begin, Door, scope=scope)
    end = partial(fast_path.end, Door)
    async with Lane(begin=begin, end=end):
        letter, afterwards = await _written(arrived, body, request)
        await _post(letter, send)
        if afterwards:
            await sync_to_async(afterwards)()


async def _written(
    arrived: Arrival, body: bytes | None, request: Any
) -> tuple[Letter, Callable[[], object] | None]:
    try:
        if fast_path.signals_are_heard():
            await sync_to_async(_nothing)()
        answer = await adrive(dispatch.answer(arrived, body, request))
        write = partial(fast_path.letter, answer, request)
        # A log of errors may be a mail.
        letter = write() if answer.status < 400 else await sync_to_async(write)()
        return letter, dispatch.afterwards(arrived, answer)
    except Exception as error:  # noqa: BLE001  # answered as Django does
        return await sync_to_async(fast_path.failure)(request, error), None


async def _post(letter: Letter, send: Send) -> None:
    headers = [
        (name.lower().encode("ascii"), value.encode("latin1"))
        for name, value in letter.headers
    ]
    start = {"type": "http.response.start", "status": letter.status}
    await send(start | {"headers": headers})
    await send({"type": "http.response.body", "body": letter.body})


async def _body(receive: Receive) -> bytes | None:
    """None when there is more than a frame can have; the rest is not kept."""
    most, parts, size, more = dispatch.most(), [], 0, True
    while more:
        message = await receive()
        if message["type"] == "http.disconnect":
            raise _GoneError
        part = message.get("body", b"")
        size += len(part)
        if size <= most:
            parts.append(part)
        more = message.get("more_body", False)
    return b"".join(parts) if size <= most else None


def _environ(scope: Any) -> dict[str, str]:
    """What decides of a request, as WSGI names it; a header that came twice is joined,
    and one with an underscore is another than it looks."""
    found: dict[str, str] = {}
    for name, value in scope["headers"]:
        if name.startswith(_PREFIX) or name == _HANDSHAKE:
            if b"_" in name:
                continue
            key, text = _key(name), value.decode("latin1")
            found[key] = f"{found[key]},{text}" if key in found else text
    return found


@lru_cache(maxsize=256)
def _key(name: bytes) -> str:
    return environ_key(name.decode("latin1"))


def _nothing() -> None:
    """For those who listen for requests: it takes the thread they are told in."""
