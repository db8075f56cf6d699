"""The life of one socket, from its handshake to its `$disconnect`."""

import asyncio
from collections.abc import Callable
from time import perf_counter

from wsrouter.catalog.snapshot import CONNECT, DISCONNECT
from wsrouter.local.journal import Entry, UserNameLookup, WriteEntry
from wsrouter.local.rules import random_faults
from wsrouter.local.rules.behaviour import Limits
from wsrouter.local.rules.gateway_event import Close, GatewayEvent
from wsrouter.local.sockets import asgi_input, handshake, message_routing
from wsrouter.local.sockets.asgi import (
    DENIAL_RESPONSE,
    Receive,
    Scope,
    Send,
    send_response,
)
from wsrouter.local.sockets.backend import IntegrationFailure
from wsrouter.local.sockets.local_api import LocalApi
from wsrouter.local.sockets.message_order import MessageOrder
from wsrouter.local.sockets.open_sockets import GOING_AWAY, OpenSocket, OpenSockets
from wsrouter.local.sockets.send_buffer import SendBuffer

_UNSUPPORTED_DATA = Close(code=1003, reason="Binary is not supported")
"""Documented in "Binary media types for WebSocket APIs in API Gateway"."""
_ABNORMAL_CLOSURE = Close(code=1006)


class WebSocketHandler:
    """Serves one WebSocket of the ASGI server as API Gateway does."""

    def __init__(
        self,
        *,
        api: LocalApi,
        open_sockets: OpenSockets,
        limits: Limits,
        write_entry: WriteEntry,
        look_up_user_name: UserNameLookup,
        scope: Scope,
        receive: Receive,
        send: Send,
    ) -> None:
        self._api, self._open_sockets = api.for_new_socket(), open_sockets
        self._limits, self._write_entry = limits, write_entry
        self._look_up_user_name, self._scope = look_up_user_name, scope
        self._receive, self._send = receive, send
        self._handshake = asgi_input.handshake_request(
            scope, cookies=api.behaviour.cookies
        )
        self._connection = asgi_input.connection_info(scope, self._handshake)
        self._tasks: set[asyncio.Task[None]] = set()
        self._message_slots = asyncio.Semaphore(limits.messages_at_once)
        self._message_order = MessageOrder()
        self._socket: OpenSocket | None = None
        self._user = ""

    async def run(self) -> None:
        if await self._connect():
            close = await self._serve()
            await self._disconnect(close)
            if self._tasks:
                await asyncio.wait(self._tasks)

    async def _connect(self) -> bool:
        started = perf_counter()
        event = GatewayEvent(
            type="CONNECT",
            route_key=CONNECT,
            connection=self._connection,
            handshake=self._handshake,
        )
        subprotocols = self._scope["subprotocols"]
        decision = await handshake.decide(self._api, event, subprotocols)
        if isinstance(decision, handshake.HandshakeRefusal):
            self._log(CONNECT, decision.outcome, started, failed=True)
            await send_response(self._send, decision.response, DENIAL_RESPONSE)
            return False
        # The journal's time leaves out the look-up, which API Gateway does not make.
        seconds = perf_counter() - started
        self._user = await self._look_up_user_name(self._connection.connection_id)
        self._log(CONNECT, decision.outcome, perf_counter() - seconds, failed=False)
        self._subprotocol = decision.subprotocol
        self._connection = decision.connection
        return True

    async def _serve(self) -> Close:
        accept = {"type": "websocket.accept", "subprotocol": self._subprotocol}
        try:
            await self._send(accept)
        except OSError:
            return _ABNORMAL_CLOSURE
        abort = self._scope["state"]["abort"]
        socket = self._new_socket(abort)
        with self._open_sockets.listed(socket), socket.running():
            if self._api.closes_sockets:  # deleted while `$connect` was called
                socket.close(GOING_AWAY)
            client_close = await self._receive_messages(socket)
            await socket.wait_for_silent_drop()
        asyncio.get_running_loop().call_later(self._limits.close_seconds, abort)
        return socket.closing or client_close

    def _new_socket(self, abort: Callable[[], None]) -> OpenSocket:
        buffer = SendBuffer(self._send, limit=self._limits.send_buffer_bytes)
        socket = OpenSocket(
            self._connection, buffer, self._limits, abort, user=self._user
        )
        self._socket = socket
        self._scope["state"]["answers_ping"] = lambda: self._answers_ping(socket)
        return socket

    async def _receive_messages(self, socket: OpenSocket) -> Close:
        """Start every message until the client is gone; how the client closed."""
        while True:
            message = await self._receive()
            if message["type"] == "websocket.disconnect":
                reason = message.get("reason") or ""
                return asgi_input.close_from_client(message["code"], reason)
            socket.touch()
            if (text := message.get("text")) is None:
                socket.close(_UNSUPPORTED_DATA)
            elif socket.closing is None:
                # Without a limit, one client that never stops sending would take all
                # of the gateway.
                await self._message_slots.acquire()
                self._start_message(socket, text)

    def _start_message(self, socket: OpenSocket, text: str) -> None:
        task = asyncio.create_task(self._handle_message(socket, text))
        self._tasks.add(task)
        task.add_done_callback(self._message_done)

    def _message_done(self, task: asyncio.Task[None]) -> None:
        self._tasks.discard(task)
        self._message_slots.release()

    def _answers_ping(self, socket: OpenSocket) -> bool:
        """Note a ping of the client; whether it gets a pong."""
        behaviour = self._api.behaviour
        if behaviour.ping_resets_idle == "yes":
            socket.touch()
        return behaviour.ping == "answered"

    async def _handle_message(self, socket: OpenSocket, text: str) -> None:
        async with self._message_order.wait(self._api.behaviour):
            started = perf_counter()
            result = await message_routing.route_message(
                self._api, self._limits, self._connection, text
            )
        outcome, failed = result.outcome, result.failed
        if result.frame is not None and not socket.try_send(result.frame):
            outcome, failed = f"{outcome}, lost: the client does not read", True
        if result.close is not None:
            socket.close(result.close)
        self._write_entry(
            Entry(
                connection_id=self._connection.connection_id,
                user=self._user,
                route_key=result.route_key,
                outcome=outcome,
                seconds=perf_counter() - started,
                failed=failed,
                size=len(text.encode()),
                received=text,
                sent=result.frame,
            )
        )

    async def _disconnect(self, close: Close) -> None:
        started = perf_counter()
        outcome = f"closed {close.code} {close.reason}".rstrip()
        problem = await self._deliver_disconnect(close)
        if problem:
            outcome = f"{outcome}, not delivered: {problem}"
        self._log(DISCONNECT, outcome, started, failed=bool(problem))

    async def _deliver_disconnect(self, close: Close) -> str | None:
        """Call `$disconnect`, if the API has that route; why it was not delivered."""
        is_dropped = self._socket is not None and self._socket.is_dropped
        if is_dropped or random_faults.occurs(self._api.behaviour.lost_disconnect):
            return "lost on purpose"
        if not self._api.has_routes:
            return message_routing.STAGE_DELETED
        if not self._api.has_route(DISCONNECT):
            return None
        event = GatewayEvent(
            type="DISCONNECT",
            route_key=DISCONNECT,
            connection=self._connection,
            close=close,
        )
        try:
            response = await self._api.call(event)
        except asyncio.CancelledError:  # only when the whole server shuts down
            return "the gateway has ended"
        return response.cause if isinstance(response, IntegrationFailure) else None

    def _log(
        self, route_key: str, outcome: str, started: float, *, failed: bool
    ) -> None:
        self._write_entry(
            Entry(
                connection_id=self._connection.connection_id,
                user=self._user,
                route_key=route_key,
                outcome=outcome,
                seconds=perf_counter() - started,
                failed=failed,
            )
        )
