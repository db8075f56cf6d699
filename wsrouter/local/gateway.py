"""The local gateway as an ASGI application: WebSockets of clients and @connections."""

from collections.abc import Iterable
from time import perf_counter

from wsrouter.catalog.snapshot import CONNECT
from wsrouter.local.feed import Feed
from wsrouter.local.journal import Entry, NameOf, Record, silent, unknown
from wsrouter.local.rules.behaviour import Limits
from wsrouter.local.sockets import connections_api
from wsrouter.local.sockets.asgi import (
    DENIAL,
    Answer,
    Receive,
    Scope,
    Send,
    json_answer,
    respond,
)
from wsrouter.local.sockets.local_api import Api
from wsrouter.local.sockets.message_routing import DELETED
from wsrouter.local.sockets.open_sockets import GOING_AWAY, Sessions
from wsrouter.local.sockets.websocket_handler import Conversation
from wsrouter.local.view import status_page
from wsrouter.local.view.status_page import Status


class Gateway:
    """Serves one API at `/<stage>` and its `/<stage>/@connections/<id>`, or at the path
    of its domain when there is no other way; its status page is at `/`."""

    def __init__(
        self,
        api: Api,
        *,
        limits: Limits | None = None,
        record: Record = silent,
        name_of: NameOf = unknown,
    ) -> None:
        self.api = api
        self.name_of = name_of
        self.limits = limits or Limits()
        self.sessions = Sessions()
        self.feed = Feed(record)
        self._status = Status(self.sessions, self.feed, api)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "websocket":
            await self._websocket(scope, receive, send)
        elif scope["path"] == "/" or scope["path"].startswith(status_page.PREFIX):
            await self._status(scope, receive, send)
        elif scope["type"] == "http":
            await respond(send, await self._http(scope, receive))

    def delete_stage(self) -> None:
        """There is no such stage any more."""
        self.api.deleted.set()
        if self.api.closes:
            self.sessions.close(GOING_AWAY)

    def restore_stage(self) -> None:
        """There is one again."""
        self.api.deleted.clear()

    async def _websocket(self, scope: Scope, receive: Receive, send: Send) -> None:
        await receive()
        if misdirected := self._misdirected(scope):
            refusal, cause = misdirected
            self._refused(refusal.status, cause)
            await respond(send, refusal, DENIAL)
            return
        await Conversation(
            api=self.api,
            sessions=self.sessions,
            limits=self.limits,
            record=self.feed,
            name_of=self.name_of,
            scope=scope,
            receive=receive,
            send=send,
        ).run()

    def _misdirected(self, scope: Scope) -> tuple[Answer, str] | None:
        """What a handshake is refused with before it is one of the stage, and why."""
        if self.api.deleted.is_set():
            return _forbidden(), DELETED
        if scope["path"] != self.api.path:
            return _forbidden(), f"not {scope['path']}, clients go to {self.api.path}"
        url = len(scope["raw_path"]) + 1 + len(scope["query_string"])
        if url > self.limits.url_characters:
            answer = json_answer(414, {"message": "URI too long"})
            return answer, f"a URL of {url} characters"
        size = _size(scope["headers"])
        if size > self.api.behaviour.handshake_bytes:
            answer = json_answer(431, {"message": "Request header fields too large"})
            return answer, f"headers of {size} bytes"
        return None

    def _refused(self, status: int, cause: str) -> None:
        outcome = f"refused {status}: {cause}"
        self.feed(
            Entry(connection_id="", route_key=CONNECT, outcome=outcome, failed=True)
        )

    async def _http(self, scope: Scope, receive: Receive) -> Answer:
        path, _, connection_id = scope["path"].partition("/@connections/")
        if self.api.deleted.is_set():
            return _forbidden()
        if scope["path"] == self.api.path:
            upgrade = (("connection", "upgrade"), ("upgrade", "websocket"))
            return json_answer(426, {"message": "Upgrade Required"}, upgrade)
        if path not in self.api.management_paths or not connection_id:
            return _forbidden()
        return await self._connections(scope, receive, connection_id)

    async def _connections(
        self, scope: Scope, receive: Receive, connection_id: str
    ) -> Answer:
        started = perf_counter()
        session = self.sessions.get(connection_id)
        body = await connections_api.read_body(receive, self.limits.message_bytes)
        answer = connections_api.answer(
            scope,
            body,
            connection_id=connection_id,
            sessions=self.sessions,
            api=self.api,
        )
        posted = scope["method"] == "POST" and answer.status == 200
        self.feed(
            Entry(
                connection_id=connection_id,
                user=session.user if session else "",
                route_key=f"@connections {scope['method']}",
                outcome=f"{answer.status} {answer.header('x-amzn-errortype')}".rstrip(),
                seconds=perf_counter() - started,
                failed=answer.status >= 400,
                size=len(body or b"") if scope["method"] == "POST" else None,
                sent=(body or b"").decode("utf-8", "replace") if posted else None,
            )
        )
        return answer


def _size(headers: Iterable[tuple[bytes, bytes]]) -> int:
    """As they are sent: each with a colon, a space and a line end."""
    return sum(len(name) + len(value) + 4 for name, value in headers)


def _forbidden() -> Answer:
    return connections_api.refusal(403, "Forbidden", "Forbidden")
