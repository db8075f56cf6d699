"""The status page: lists the open sockets, shows the live traffic, acts on a socket."""

import asyncio
import ipaddress
import secrets
from collections.abc import AsyncIterator
from html import escape
from pathlib import Path
from typing import Any

import orjson

from wsrouter.local.feed import Feed
from wsrouter.local.journal import Entry
from wsrouter.local.sockets import connections_api
from wsrouter.local.sockets.asgi import (
    HTTP_RESPONSE,
    Receive,
    Response,
    Scope,
    Send,
    json_response,
    send_response,
)
from wsrouter.local.sockets.local_api import LocalApi
from wsrouter.local.sockets.open_sockets import OpenSocket, OpenSockets

PREFIX = "/~status/"
"""No stage has this path: neither a stage name nor a mapping key can contain `~`."""

_FOLDER = Path(__file__).parent / "page"
_STATIC = Path(__file__).parents[2] / "static" / "wsrouter"
_SHARED = {
    "client.js": _STATIC,
    "explain.js": _STATIC / "console",
    "theme.css": _STATIC / "console",
}
"""What the page has in common with other pages, the console foremost."""
_CONTENT_TYPES = {"html": "text/html", "css": "text/css", "js": "text/javascript"}
_LOOPBACK_NAMES = ("127.0.0.1", "localhost", "[::1]")
_SECURITY_HEADERS = (
    (
        "content-security-policy",
        "default-src 'self'; frame-ancestors 'none'; img-src data:",
    ),
    ("cross-origin-resource-policy", "same-origin"),
    ("x-content-type-options", "nosniff"),
    ("cache-control", "no-store"),
)
_MAX_BODY_BYTES = 128 * 1024
_LISTED_SOCKETS = 200
_REFRESH_SECONDS = 1.0


class StatusPage:
    """Answers only clients on this machine, under a loopback host name, and only the
    page itself.

    A page of another origin cannot read the token, and a request under a host name
    that was pointed at this machine (DNS rebinding) is refused.
    """

    def __init__(self, open_sockets: OpenSockets, feed: Feed, api: LocalApi) -> None:
        self._open_sockets, self._feed, self._api = open_sockets, feed, api
        self._token = secrets.token_urlsafe(24)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        path = scope["path"].removeprefix(PREFIX).removeprefix("/")
        if not _is_local(scope):
            await send_response(send, _forbidden())
        elif scope["method"] == "POST":
            await send_response(send, await self._act(scope, receive, path))
        elif path == "events":
            await self._stream(scope, receive, send)
        else:
            await send_response(send, self._file(path or "status.html"))

    def _file(self, name: str) -> Response:
        content_type = _CONTENT_TYPES.get(name.rpartition(".")[2])
        if content_type is None or not name.replace(".", "").isalpha():
            return _not_found()
        file = _SHARED.get(name, _FOLDER) / name
        if not file.is_file():
            return _not_found()
        values = {"token": self._token, "path": self._api.path}
        body = file.read_bytes()
        for variable, value in values.items():
            body = body.replace(b"{{ %s }}" % variable.encode(), escape(value).encode())
        charset = ("content-type", f"{content_type}; charset=utf-8")
        return Response(headers=(charset, *_SECURITY_HEADERS), body=body)

    async def _act(self, scope: Scope, receive: Receive, path: str) -> Response:
        body = await connections_api.read_body(receive, _MAX_BODY_BYTES)
        if not self._is_from_page(scope, _header(scope, b"x-token")) or body is None:
            return _forbidden()
        connection_id, _, action = path.rpartition("/")
        socket = self._open_sockets.get(connection_id)
        if socket is None:
            return json_response(410, {"message": "This connection is gone"})
        return self._perform(socket, action, body.decode("utf-8", "replace"))

    def _perform(self, socket: OpenSocket, action: str, text: str) -> Response:
        sent, size = None, None
        if action == "send" and socket.try_send(text):
            sent, size = text, len(text.encode())
        elif action == "close":
            socket.close(connections_api.CLOSED_NORMALLY)
        elif action == "drop":
            socket.drop(detected=self._api.behaviour.dropped == "gone")
        else:
            return json_response(409, {"message": "This action is not possible now"})
        self._feed(
            Entry(
                connection_id=socket.connection.connection_id,
                user=socket.user,
                route_key="status page",
                outcome=action,
                size=size,
                sent=sent,
            )
        )
        return Response(status=204)

    async def _stream(self, scope: Scope, receive: Receive, send: Send) -> None:
        token = scope["query_string"].decode("latin-1").removeprefix("token=")
        if not self._is_from_page(scope, token):
            await send_response(send, _forbidden())
            return
        headers = [
            (b"content-type", b"text/event-stream"),
            (b"cache-control", b"no-store"),
        ]
        await send(
            {"type": f"{HTTP_RESPONSE}.start", "status": 200, "headers": headers}
        )
        page_closed = asyncio.create_task(_wait_for_disconnect(receive))
        async for name, content in self._events(page_closed):
            data = b"event: %s\ndata: %s\n\n" % (name.encode(), orjson.dumps(content))
            message = {"type": f"{HTTP_RESPONSE}.body", "body": data, "more_body": True}
            await send(message)
        page_closed.cancel()
        await send({"type": f"{HTTP_RESPONSE}.body", "body": b""})

    async def _events(
        self, page_closed: asyncio.Task[None]
    ) -> AsyncIterator[tuple[str, Any]]:
        shown: list[dict[str, Any]] | None = None
        with self._feed.subscribe() as subscription:
            for entry in list(self._feed.latest):
                yield "entry", entry.as_dict(with_frames=True)
            while not page_closed.done():
                if (rows := self._socket_rows()) != shown:
                    shown = rows
                    total = len(self._open_sockets)
                    yield "connections", {"total": total, "list": rows}
                try:
                    entry_or_end = await asyncio.wait_for(
                        subscription.get(), _REFRESH_SECONDS
                    )
                except TimeoutError:
                    continue
                if entry_or_end is None:
                    return
                yield "entry", entry_or_end.as_dict(with_frames=True)

    def _socket_rows(self) -> list[dict[str, Any]]:
        return [
            {
                "id": socket.connection.connection_id,
                "user": socket.user,
                "since": socket.connection.connected_at,
                "address": socket.connection.source_ip,
                "agent": socket.connection.user_agent,
                "silently_dropped": socket.is_silently_dropped,
            }
            for socket in self._open_sockets.oldest(_LISTED_SOCKETS)
        ]

    def _is_from_page(self, scope: Scope, token: str) -> bool:
        origin = _header(scope, b"origin")
        is_same_origin = not origin or origin == f"http://{_header(scope, b'host')}"
        is_token = secrets.compare_digest(token.encode(), self._token.encode())
        return is_same_origin and is_token


def _is_local(scope: Scope) -> bool:
    client, server = scope["client"], scope["server"]
    if not client or not server or not ipaddress.ip_address(client[0]).is_loopback:
        return False
    hosts = {f"{name}:{server[1]}" for name in _LOOPBACK_NAMES}
    return _header(scope, b"host").lower() in hosts


def _header(scope: Scope, name: bytes) -> str:
    value: bytes = dict(scope["headers"]).get(name, b"")
    return value.decode("latin-1")


async def _wait_for_disconnect(receive: Receive) -> None:
    while (await receive())["type"] != "http.disconnect":
        pass


def _forbidden() -> Response:
    return connections_api.error_response(403, "Forbidden", "Forbidden")


def _not_found() -> Response:
    return json_response(404, {"message": "Not Found"})
