"""An ASGI application in front of Django's: see `wsrouter.asgi`."""

import asyncio
from collections.abc import Callable
from concurrent.futures import Future
from functools import cached_property, partial
from io import BytesIO
from typing import Any

from asgiref.sync import sync_to_async
from django.core.handlers.asgi import ASGIHandler, ASGIRequest, get_script_prefix
from django.urls import set_script_prefix
from django.utils.functional import SimpleLazyObject

from wsrouter.endpoint import (
    dispatch,
    fast_handshake,
    fast_path,
    handshake_cleaning,
    one_visit,
    scope_headers,
)
from wsrouter.endpoint.dispatch import CONNECT, VerifiedRequest
from wsrouter.endpoint.fast_path import RawResponse
from wsrouter.endpoint.replies_first import Following
from wsrouter.endpoint.request_thread import RequestThread

Receive = Callable[[], Any]
Send = Callable[[Any], Any]
Afterwards = Callable[[], object]
_DJANGOS_HANDLERS = ASGIHandler, one_visit.OneVisitHandler


class _ClientGoneError(Exception):
    """The client closed the connection before it had sent the whole body."""


class FastPath:
    """Answers the endpoint's messages, ends of connections and the handshakes that it
    can, and leaves everything else to `application`."""

    def __init__(self, application: Any) -> None:
        self.application = application

    @cached_property
    def _handshakes(self) -> Any:
        """Made when the first handshake arrives: projects' middlewares may take long to
        load."""
        return one_visit.instead_of(self.application)

    async def __call__(self, scope: Any, receive: Receive, send: Send) -> None:
        matched, is_handshake, path = None, False, ""
        if scope["type"] == "http":
            prefix = get_script_prefix(scope)
            path = scope["path"].removeprefix(prefix) if prefix else scope["path"]
            environ = scope_headers.environ(scope)
            matched = fast_path.match(environ, scope["method"], path)
            is_handshake = handshake_cleaning.is_handshake(environ)
        if matched is None and is_handshake:
            handshake_cleaning.clean_scope(scope)
            matched = self._match_handshake(scope, path)
        if matched is None:
            application = self.application
            if is_handshake and fast_path.is_endpoint(path):
                application = self._handshakes
            await application(scope, receive, send)
        elif isinstance(matched, RawResponse):
            await _send_response(matched, send)
        else:
            await _answer(matched, scope, receive, send)

    def _match_handshake(self, scope: Any, path: str) -> VerifiedRequest | None:
        """Only where nothing lies between this and Django that could act on it."""
        if not fast_handshake.is_djangos(self.application, *_DJANGOS_HANDLERS):
            return None
        if not _is_utf_8(scope.get("query_string", b"")):
            return None
        environ = scope_headers.environ(scope)
        return fast_handshake.match(environ, scope["method"], path)


async def _answer(
    verified: VerifiedRequest, scope: Any, receive: Receive, send: Send
) -> None:
    try:
        body = await _body(receive)
    except _ClientGoneError:
        return
    set_script_prefix(get_script_prefix(scope))
    request = _request(verified, scope, body or b"")
    begin = partial(fast_path.begin_request, FastPath, scope=scope)
    end = partial(fast_path.end_request, FastPath)
    following = Following(verified.gateway)
    async with RequestThread(begin=begin, end=end) as thread:
        response, afterwards = await _response(
            verified, body, request, following, thread
        )
        await _send_response(response, send)
        leaving = await _hand_over(following)
        if afterwards:
            await sync_to_async(afterwards)()
    if leaving:
        # A server that is told to stop waits for its requests, and for nothing else.
        await asyncio.shield(asyncio.wrap_future(leaving))


def _is_utf_8(query: bytes) -> bool:
    """Django answers 400 to a handshake with another query string."""
    try:
        query.decode()
    except UnicodeDecodeError:
        return False
    return True


def _request(verified: VerifiedRequest, scope: Any, body: bytes) -> Any:
    if verified.event_type is CONNECT:
        return ASGIRequest(scope, BytesIO(body))
    return SimpleLazyObject(lambda: ASGIRequest(scope, BytesIO(body)))


async def _hand_over(following: Following) -> "Future[None] | None":
    """In the thread of the request, in which it leaves when other threads cannot."""
    if following.is_nothing():
        return None
    return await sync_to_async(following.hand_over)()


async def _response(
    verified: VerifiedRequest,
    body: bytes | None,
    request: Any,
    following: Following,
    thread: RequestThread,
) -> tuple[RawResponse, Afterwards | None]:
    try:
        end_early: Afterwards | None = thread.end_in_this_visit
        if fast_path.has_request_receivers():
            await sync_to_async(_take_thread)()
            end_early = None  # the signal is sent after the response
        if verified.event_type is CONNECT:
            return await sync_to_async(_opened)(
                verified, request, following, end_early
            ), None
        answer = await dispatch.answer_async(
            verified, body, request, following, end_early
        )
        make = partial(fast_path.raw_response, answer, request)
        # The log line of an error may be a mail, which must not block the event loop.
        response = make() if answer.status < 400 else await sync_to_async(make)()
        end = partial(dispatch.end_session, verified) if answer.ended else None
        return response, end
    except Exception as error:  # noqa: BLE001  # answered as Django does
        return await sync_to_async(fast_path.crash_response)(request, error), None


def _opened(
    verified: VerifiedRequest,
    request: ASGIRequest,
    following: Following,
    end: Afterwards | None,
) -> RawResponse:
    """In one visit to the thread; `end` needs no other one when nothing follows."""
    response = fast_handshake.answer(verified, request, following)
    if end and following.is_nothing():
        end()
    return response


async def _send_response(response: RawResponse, send: Send) -> None:
    headers = [
        (name.lower().encode("ascii"), value.encode("latin1"))
        for name, value in response.headers
    ]
    start = {"type": "http.response.start", "status": response.status}
    await send(start | {"headers": headers})
    await send({"type": "http.response.body", "body": response.body})


async def _body(receive: Receive) -> bytes | None:
    """None for a body that is larger than a frame can be; it is received to its end,
    but not kept."""
    limit, size, more = dispatch.max_body_bytes(), 0, True
    parts: list[bytes] = []
    while more:
        message = await receive()
        if message["type"] == "http.disconnect":
            raise _ClientGoneError
        part = message.get("body", b"")
        size += len(part)
        if size <= limit:
            parts.append(part)
        more = message.get("more_body", False)
    return b"".join(parts) if size <= limit else None


def _take_thread() -> None:
    """Run in the request's thread, so that the thread is taken and the receivers of
    the request signals run in the thread that handles this message."""
