"""The status page: who is connected, what passes, and a hand on each socket."""

import asyncio
import ipaddress
import secrets
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import orjson

from wsrouter.local.feed import Feed
from wsrouter.local.journal import Entry
from wsrouter.local.rules.gateway_event import Close
from wsrouter.local.sockets import connections_api
from wsrouter.local.sockets.asgi import (
    HTTP,
    Answer,
    Receive,
    Scope,
    Send,
    json_answer,
    respond,
)
from wsrouter.local.sockets.local_api import Api
from wsrouter.local.sockets.open_sockets import Session, Sessions

PREFIX = "/~status/"
"""No stage can be named so."""

_FOLDER = Path(__file__).parent / "page"
_TYPES = {"html": "text/html", "css": "text/css", "js": "text/javascript"}
_LOOPBACK = ("127.0.0.1", "localhost", "[::1]")
_PROTECTION = (
    (
        "content-security-policy",
        "default-src 'self'; frame-ancestors 'none'; img-src data:",
    ),
    ("cross-origin-resource-policy", "same-origin"),
    ("x-content-type-options", "nosniff"),
    ("cache-control", "no-store"),
)
_CLOSED = Close(code=1000, reason="Connection Closed Normally")
_LISTED = 200
_TICK_SECONDS = 1.0


class Status:
    """Only for this machine, under a loopback name, and only for its own page.

    Another page cannot read the token, and a name that was made to point here is none
    of ours.
    """

    def __init__(self, sessions: Sessions, feed: Feed, api: Api) -> None:
        self._sessions, self._feed, self._api = sessions, feed, api
        self._token = secrets.token_urlsafe(24)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        path = scope["path"].removeprefix(PREFIX).removeprefix("/")
        if not _is_local(scope):
            await respond(send, connections_api.refusal(403, "Forbidden", "Forbidden"))
        elif scope["method"] == "POST":
            await respond(send, await self._act(scope, receive, path))
        elif path == "events":
            await self._stream(scope, receive, send)
        else:
            await respond(send, self._file(path or "status.html"))

    def _file(self, name: str) -> Answer:
        kind = _TYPES.get(name.rpartition(".")[2])
        if kind is None or not name.replace(".", "").isalpha():
            return _missing()
        file = _FOLDER / name
        if not file.is_file():
            return _missing()
        body = file.read_bytes().replace(b"{{ token }}", self._token.encode())
        headers = (("content-type", f"{kind}; charset=utf-8"), *_PROTECTION)
        return Answer(headers=headers, body=body)

    async def _act(self, scope: Scope, receive: Receive, path: str) -> Answer:
        body = await connections_api.read_body(receive, 128 * 1024)
        if not self._is_own(scope, _header(scope, b"x-token")) or body is None:
            return connections_api.refusal(403, "Forbidden", "Forbidden")
        connection_id, _, action = path.rpartition("/")
        session = self._sessions.get(connection_id)
        if session is None:
            return json_answer(410, {"message": "This connection is gone"})
        return self._done(session, action, body.decode("utf-8", "replace"))

    def _done(self, session: Session, action: str, text: str) -> Answer:
        sent, size = None, None
        if action == "send" and session.offer(text):
            sent, size = text, len(text.encode())
        elif action == "close":
            session.close(_CLOSED)
        elif action == "drop":
            session.drop(noticed=self._api.behaviour.dropped == "gone")
        else:
            return json_answer(409, {"message": "This cannot be done now"})
        self._feed(
            Entry(
                connection_id=session.caller.connection_id,
                user=session.user,
                route_key="status page",
                outcome=action,
                size=size,
                sent=sent,
            )
        )
        return Answer(status=204)

    async def _stream(self, scope: Scope, receive: Receive, send: Send) -> None:
        token = scope["query_string"].decode("latin-1").removeprefix("token=")
        if not self._is_own(scope, token):
            await respond(send, connections_api.refusal(403, "Forbidden", "Forbidden"))
            return
        headers = [
            (b"content-type", b"text/event-stream"),
            (b"cache-control", b"no-store"),
        ]
        await send({"type": f"{HTTP}.start", "status": 200, "headers": headers})
        left = asyncio.create_task(_left(receive))
        async for name, content in self._events(left):
            data = b"event: %s\ndata: %s\n\n" % (name.encode(), orjson.dumps(content))
            await send({"type": f"{HTTP}.body", "body": data, "more_body": True})
        left.cancel()
        await send({"type": f"{HTTP}.body", "body": b""})

    async def _events(self, left: asyncio.Task[None]) -> AsyncIterator[tuple[str, Any]]:
        known: list[dict[str, Any]] | None = None
        with self._feed.watch() as watch:
            for entry in list(self._feed.latest):
                yield "entry", entry.plain(bodies=True)
            while not left.done():
                if (listed := self._listed()) != known:
                    known = listed
                    yield "connections", {"total": len(self._sessions), "list": listed}
                try:
                    entry_or_end = await asyncio.wait_for(watch.get(), _TICK_SECONDS)
                except TimeoutError:
                    continue
                if entry_or_end is None:
                    return
                yield "entry", entry_or_end.plain(bodies=True)

    def _listed(self) -> list[dict[str, Any]]:
        return [
            {
                "id": each.caller.connection_id,
                "user": each.user,
                "since": each.caller.connected_at,
                "address": each.caller.source_ip,
                "agent": each.caller.user_agent,
                "cut": each.is_cut,
            }
            for each in self._sessions.first(_LISTED)
        ]

    def _is_own(self, scope: Scope, token: str) -> bool:
        origin = _header(scope, b"origin")
        same = not origin or origin == f"http://{_header(scope, b'host')}"
        return same and secrets.compare_digest(token.encode(), self._token.encode())


def _is_local(scope: Scope) -> bool:
    client, server = scope["client"], scope["server"]
    if not client or not server or not ipaddress.ip_address(client[0]).is_loopback:
        return False
    names = {f"{name}:{server[1]}" for name in _LOOPBACK}
    return _header(scope, b"host").lower() in names


def _header(scope: Scope, name: bytes) -> str:
    found: bytes = dict(scope["headers"]).get(name, b"")
    return found.decode("latin-1")


async def _left(receive: Receive) -> None:
    while (await receive())["type"] != "http.disconnect":
        pass


def _missing() -> Answer:
    return json_answer(404, {"message": "Not Found"})
