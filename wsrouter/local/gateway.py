"""The local gateway as an ASGI application: WebSockets of clients and @connections."""

from collections.abc import Iterable
from time import perf_counter

from wsrouter.catalog.snapshot import CONNECT
from wsrouter.local.feed import Feed
from wsrouter.local.journal import (
    Entry,
    UserNameLookup,
    WriteEntry,
    discard_entry,
    no_user_name,
)
from wsrouter.local.rules import post_faults
from wsrouter.local.rules.behaviour import Limits
from wsrouter.local.sockets import connections_api
from wsrouter.local.sockets.asgi import (
    DENIAL_RESPONSE,
    Receive,
    Response,
    Scope,
    Send,
    json_response,
    send_response,
)
from wsrouter.local.sockets.local_api import LocalApi
from wsrouter.local.sockets.message_routing import STAGE_DELETED
from wsrouter.local.sockets.open_sockets import GOING_AWAY, OpenSockets
from wsrouter.local.sockets.websocket_handler import WebSocketHandler
from wsrouter.local.view import status_page
from wsrouter.local.view.status_page import StatusPage
from wsrouter.wire.error_code import error_code

_HANDSHAKE_KEY = b"sec-websocket-key"


class LocalGateway:
    """Serves one API at `/<stage>` with `/<stage>/@connections/<id>`, or at the path of
    its custom domain when the execute-api host is disabled; the status page is at
    `/`."""

    def __init__(
        self,
        api: LocalApi,
        *,
        limits: Limits | None = None,
        write_entry: WriteEntry = discard_entry,
        look_up_user_name: UserNameLookup = no_user_name,
    ) -> None:
        self.api = api
        self.look_up_user_name = look_up_user_name
        self.limits = limits or Limits()
        self.open_sockets = OpenSockets()
        self.feed = Feed(write_entry)
        self._status_page = StatusPage(self.open_sockets, self.feed, api)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "websocket":
            await self._websocket(scope, receive, send)
        elif scope["path"] == "/" or scope["path"].startswith(status_page.PREFIX):
            await self._status_page(scope, receive, send)
        elif scope["type"] == "http":
            await send_response(send, await self._http(scope, receive))

    def log_refusal(self, status: int, cause: str, *, route_key: str) -> None:
        """Write an entry for a request that was refused before any event."""
        outcome = f"refused {status}: {cause}"
        self.feed(
            Entry(connection_id="", route_key=route_key, outcome=outcome, failed=True)
        )

    def delete_stage(self) -> None:
        """Act as API Gateway does once the stage has been deleted."""
        self.api.stage_deleted.set()
        if self.api.closes_sockets:
            self.open_sockets.close_all(GOING_AWAY)

    def restore_stage(self) -> None:
        """Serve the stage again, if it was deleted."""
        self.api.stage_deleted.clear()

    async def _websocket(self, scope: Scope, receive: Receive, send: Send) -> None:
        await receive()
        if refusal := self._refuse(scope):
            response, cause = refusal
            self.log_refusal(response.status, cause, route_key=CONNECT)
            await send_response(send, response, DENIAL_RESPONSE)
            return
        await WebSocketHandler(
            api=self.api,
            open_sockets=self.open_sockets,
            limits=self.limits,
            write_entry=self.feed,
            look_up_user_name=self.look_up_user_name,
            scope=scope,
            receive=receive,
            send=send,
        ).run()

    def _refuse(self, scope: Scope) -> tuple[Response, str] | None:
        """The response and its cause for a handshake that does not reach `$connect`,
        None for one that does."""
        if self.api.stage_deleted.is_set():
            return _forbidden(), STAGE_DELETED
        if scope["path"] != self.api.path:
            return _forbidden(), f"not {scope['path']}, clients go to {self.api.path}"
        url_length = len(scope["raw_path"]) + 1 + len(scope["query_string"])
        if url_length > self.limits.url_characters:
            response = json_response(414, {"message": "URI too long"})
            return response, f"a URL of {url_length} characters"
        size = _headers_size(scope["headers"])
        if size > self.api.behaviour.handshake_bytes:
            message = "Request header fields too large"
            return json_response(431, {"message": message}), f"headers of {size} bytes"
        return None

    async def _http(self, scope: Scope, receive: Receive) -> Response:
        path, _, connection_id = scope["path"].partition("/@connections/")
        if self.api.stage_deleted.is_set():
            return _forbidden()
        if scope["path"] == self.api.path:
            return self._upgrade_required(scope)
        if path not in self.api.management_paths or not connection_id:
            is_below = scope["path"].startswith(f"{self.api.path.rstrip('/')}/")
            if is_below and self.api.behaviour.below_stage == "426":
                return self._upgrade_required(scope)
            return _forbidden()
        return await self._connections(scope, receive, connection_id)

    def _upgrade_required(self, scope: Scope) -> Response:
        """The answer to a request that is no handshake; an entry for one that was meant
        to be: its client only learns that it has failed."""
        if _HANDSHAKE_KEY in dict(scope["headers"]):
            self.log_refusal(426, _missing_of_handshake(scope), route_key=CONNECT)
        upgrade = (("connection", "upgrade"), ("upgrade", "websocket"))
        return json_response(426, {"message": "Upgrade Required"}, upgrade)

    async def _connections(
        self, scope: Scope, receive: Receive, connection_id: str
    ) -> Response:
        started = perf_counter()
        # The user is read first: a DELETE takes the socket off the list.
        socket = self.open_sockets.get(connection_id)
        body = await connections_api.read_body(receive, self.limits.message_bytes)
        fault = post_faults.draw(self.api.behaviour)
        response = connections_api.handle(
            scope,
            body,
            connection_id=connection_id,
            open_sockets=self.open_sockets,
            api=self.api,
            fault=fault,
        )
        is_post = scope["method"] == "POST"
        is_accepted = is_post and response.is_success
        is_lost = is_accepted and fault.is_lost
        was_sent = is_accepted and not is_lost
        sent = (body or b"").decode("utf-8", "replace") if was_sent else None
        code = error_code(sent or "")
        error = f"error {code}" if code else response.header("x-amzn-errortype")
        outcome = f"{response.status} {error}".rstrip()
        self.feed(
            Entry(
                connection_id=connection_id,
                user=socket.user if socket else "",
                route_key=f"@connections {scope['method']}",
                outcome=f"{outcome}{fault}" if is_accepted else outcome,
                seconds=perf_counter() - started,
                failed=bool(code) or is_lost or not response.is_success,
                size=len(body or b"") if is_post else None,
                sent=sent,
            )
        )
        return response


def _headers_size(headers: Iterable[tuple[bytes, bytes]]) -> int:
    """Their size on the wire: each has a colon, a space and a line end."""
    return sum(len(name) + len(value) + 4 for name, value in headers)


def _missing_of_handshake(scope: Scope) -> str:
    method, version = scope["method"], scope["http_version"]
    if (method, version) != ("GET", "1.1"):
        return f"a handshake by {method} over HTTP/{version}, not by GET over HTTP/1.1"
    return (
        "a handshake without `Connection: Upgrade` and `Upgrade: websocket`; proxies"
        " drop these headers unless they are told to pass them"
    )


def _forbidden() -> Response:
    return connections_api.error_response(403, "Forbidden", "Forbidden")
