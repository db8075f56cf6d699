"""The life of one socket, from its handshake to its `$disconnect`."""

import asyncio
from time import perf_counter

from wsrouter.catalog.snapshot import CONNECT, DISCONNECT
from wsrouter.local.journal import Entry, NameOf, Record
from wsrouter.local.rules import random_faults
from wsrouter.local.rules.behaviour import Limits
from wsrouter.local.rules.gateway_event import Close, Event
from wsrouter.local.sockets import asgi_input, handshake, message_routing
from wsrouter.local.sockets.asgi import DENIAL, Receive, Scope, Send, respond
from wsrouter.local.sockets.backend import Failure
from wsrouter.local.sockets.local_api import Api
from wsrouter.local.sockets.message_order import Turns
from wsrouter.local.sockets.open_sockets import GOING_AWAY, Session, Sessions
from wsrouter.local.sockets.send_buffer import Outbox

_BINARY = Close(code=1003, reason="Binary is not supported")
_LOST = Close(code=1006)


class Conversation:
    """One WebSocket of the ASGI server, held as API Gateway holds it."""

    def __init__(
        self,
        *,
        api: Api,
        sessions: Sessions,
        limits: Limits,
        record: Record,
        name_of: NameOf,
        scope: Scope,
        receive: Receive,
        send: Send,
    ) -> None:
        self._api, self._sessions, self._limits = api.at_handshake(), sessions, limits
        self._record, self._name_of, self._scope = record, name_of, scope
        self._receive, self._send = receive, send
        self._opening = asgi_input.opening(scope, cookies=api.behaviour.cookies)
        self._caller = asgi_input.caller(scope, self._opening)
        self._tasks: set[asyncio.Task[None]] = set()
        self._room = asyncio.Semaphore(limits.messages_at_once)
        self._turns = Turns()
        self._session: Session | None = None
        self._user = ""

    async def run(self) -> None:
        if await self._connect():
            close = await self._converse()
            await self._disconnect(close)
            if self._tasks:
                await asyncio.wait(self._tasks)

    async def _connect(self) -> bool:
        started = perf_counter()
        event = Event(
            type="CONNECT",
            route_key=CONNECT,
            caller=self._caller,
            opening=self._opening,
        )
        verdict = await handshake.connect(self._api, event, self._scope["subprotocols"])
        if isinstance(verdict, handshake.Refused):
            self._log(CONNECT, verdict.outcome, started, failed=True)
            await respond(self._send, verdict.answer, DENIAL)
            return False
        took = perf_counter() - started  # without the look-up, which is only for us
        self._user = await self._name_of(self._caller.connection_id)
        self._log(CONNECT, verdict.outcome, perf_counter() - took, failed=False)
        self._subprotocol = verdict.subprotocol
        self._caller = verdict.caller
        return True

    async def _converse(self) -> Close:
        accept = {"type": "websocket.accept", "subprotocol": self._subprotocol}
        try:
            await self._send(accept)
        except OSError:
            return _LOST
        outbox = Outbox(self._send, limit=self._limits.outbox_bytes)
        abort = self._scope["state"]["abort"]
        session = Session(self._caller, outbox, self._limits, abort, user=self._user)
        self._session = session
        self._scope["state"]["pinged"] = lambda: self._pinged(session)
        with self._sessions.open(session), session.running():
            if self._api.closes:  # deleted while `$connect` was called
                session.close(GOING_AWAY)
            received = await self._listen(session)
            await session.end()
        asyncio.get_running_loop().call_later(self._limits.close_seconds, abort)
        return session.closing or received

    async def _listen(self, session: Session) -> Close:
        while True:
            message = await self._receive()
            if message["type"] == "websocket.disconnect":
                return asgi_input.received(message["code"], message.get("reason") or "")
            session.touch()
            if (text := message.get("text")) is None:
                session.close(_BINARY)
            elif session.closing is None:
                # Or else whoever sends without an end takes all of the gateway.
                await self._room.acquire()
                self._start(session, text)

    def _start(self, session: Session, text: str) -> None:
        task = asyncio.create_task(self._answer(session, text))
        self._tasks.add(task)
        task.add_done_callback(self._answered)

    def _answered(self, task: asyncio.Task[None]) -> None:
        self._tasks.discard(task)
        self._room.release()

    def _pinged(self, session: Session) -> bool:
        """Whether a pong is due."""
        behaviour = self._api.behaviour
        if behaviour.ping_resets_idle == "yes":
            session.touch()
        return behaviour.ping == "answered"

    async def _answer(self, session: Session, text: str) -> None:
        async with self._turns.next(self._api.behaviour):
            started = perf_counter()
            verdict = await message_routing.judge(
                self._api, self._limits, self._caller, text
            )
        outcome, failed = verdict.outcome, verdict.failed
        if verdict.frame is not None and not session.offer(verdict.frame):
            outcome, failed = f"{outcome}, lost: the client does not read", True
        if verdict.close is not None:
            session.close(verdict.close)
        self._record(
            Entry(
                connection_id=self._caller.connection_id,
                user=self._user,
                route_key=verdict.route_key,
                outcome=outcome,
                seconds=perf_counter() - started,
                failed=failed,
                size=len(text.encode()),
                received=text,
                sent=verdict.frame,
            )
        )

    async def _disconnect(self, close: Close) -> None:
        started = perf_counter()
        outcome, failed = f"closed {close.code} {close.reason}".rstrip(), False
        dropped = self._session is not None and self._session.dropped
        if dropped or random_faults.strikes(self._api.behaviour.lost_disconnect):
            outcome, failed = f"{outcome}, not delivered: lost on purpose", True
        elif not self._api.has_routes:
            outcome, failed = (
                f"{outcome}, not delivered: {message_routing.DELETED}",
                True,
            )
        elif self._api.has(DISCONNECT):
            event = Event(
                type="DISCONNECT",
                route_key=DISCONNECT,
                caller=self._caller,
                close=close,
            )
            if undelivered := await self._undelivered(event):
                outcome, failed = f"{outcome}, not delivered: {undelivered}", True
        self._log(DISCONNECT, outcome, started, failed=failed)

    async def _undelivered(self, event: Event) -> str | None:
        try:
            answer = await self._api.call(event)
        except asyncio.CancelledError:  # only ever at the end of the whole server
            return "the gateway has ended"
        return answer.cause if isinstance(answer, Failure) else None

    def _log(self, key: str, outcome: str, started: float, *, failed: bool) -> None:
        self._record(
            Entry(
                connection_id=self._caller.connection_id,
                user=self._user,
                route_key=key,
                outcome=outcome,
                seconds=perf_counter() - started,
                failed=failed,
            )
        )
