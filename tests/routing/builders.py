"""A gateway in memory around one router: frames in, what the client would read out."""

import asyncio
import json
from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any

import orjson

from wsrouter.errors import MessageError
from wsrouter.routing.connection import Connection
from wsrouter.routing.delivery import Delivery, Report, Status
from wsrouter.routing.failures import ErrorMapping, Failures
from wsrouter.routing.flow import Flow, run_async, run_sync
from wsrouter.routing.frame import Disconnected, EventType, Frame
from wsrouter.routing.hooks import Hooks
from wsrouter.routing.messages import Messages
from wsrouter.routing.ports import Envelope, Outgoing
from wsrouter.routing.router import Router
from wsrouter.routing.table import table
from wsrouter.routing.throttle import Rate
from wsrouter.wire import encode
from wsrouter.wire.encode import Answer
from wsrouter.wire.envelope import Nested

Run = Callable[[Flow[Any]], Any]


def in_sync(flow: Flow[Any]) -> Any:
    return run_sync(flow)


def in_async(flow: Flow[Any]) -> Any:
    return asyncio.run(asyncio.wait_for(run_async(flow), 10))


class User:
    """As much of a Django user as routing knows."""

    is_authenticated = True

    def __init__(self, pk: int = 1, *permissions: str) -> None:
        self.pk = pk
        self.permissions = permissions

    def has_perm(self, perm: str) -> bool:
        return perm in self.permissions


class Missing(Exception):
    """Stands for Django's Http404."""


KNOWN = {
    Missing: ErrorMapping(
        status=404, error=lambda _: MessageError("not_found", "Not there.")
    )
}


class Hits:
    """A counter that never forgets; `wait` is what it asks of a call too many."""

    def __init__(self, wait: float = 30) -> None:
        self.wait = wait
        self.keys: list[str] = []

    def hit(self, key: str, rate: Rate) -> float:
        self.keys.append(key)
        return self.wait if self.keys.count(key) > rate.limit else 0


class Outbox:
    """A sender that keeps what it is given."""

    def __init__(self) -> None:
        self.sent: list[Outgoing] = []
        self.now: list[bool] = []
        self.closed: list[str] = []

    def send(self, outgoing: Outgoing, *, now: bool) -> Delivery:
        self.sent.append(outgoing)
        self.now.append(now)
        report = Report(left_out=outgoing.left_out)
        return Delivery(event=outgoing.event, status=Status.DONE, report=report)

    def user_key(self, user: Any) -> Any:
        key = getattr(user, "pk", user)
        if key is None:
            raise ValueError("A user who is stored is expected.")
        return key

    def user_keys(self, users: Any) -> frozenset[Any]:
        return frozenset(map(self.user_key, users))

    def close(self, address: Any) -> None:
        self.closed.append(address.connection_id)

    def info(self, address: Any) -> Mapping[str, Any]:
        return {"connectedAt": address.connection_id}


class Gateway:
    """Delivers frames to a router. What crashed is in `crashes`."""

    def __init__(
        self,
        router: Router,
        *,
        envelope: Envelope | None = None,
        user: Any = None,
        run: Run = in_sync,
    ) -> None:
        self.crashes: list[Exception] = []
        self.lookups: list[str] = []
        self.counter = Hits()
        self.user = user
        self.run = run
        declared = table(router)
        self.rules = replace(declared.group_rules, counter=self.counter)
        declared = replace(declared, group_rules=self.rules)
        failures = Failures(
            known=KNOWN, on_crash=lambda _, __, error: self.crashes.append(error)
        )
        self.messages = Messages(
            table=declared,
            envelope=envelope or Nested("action"),
            lookup=self._lookup,
            counter=self.counter,
            failures=failures,
        )
        self.hooks = Hooks(table=declared, failures=failures)

    def _lookup(self, frame: Frame) -> Connection:
        self.lookups.append(frame.connection_id)
        return self._connection(frame.connection_id)

    def _connection(self, id: str) -> Connection:
        return Connection(id, user=self.user, group_rules=self.rules)

    def raw(self, body: bytes, route_key: str | None = None, **more: Any) -> Answer:
        """The HTTP answer to a text frame, delivered under the key that its `action`
        names, or under `route_key`."""
        frame = Frame(
            event_type=EventType.MESSAGE,
            connection_id="c1=",
            route_key=_key_of(body) if route_key is None else route_key,
            body=body,
            **more,
        )
        return self.run(self._answer(frame))  # type: ignore[no-any-return]

    def _answer(self, frame: Frame) -> Flow[Answer]:
        """Encoded within the flow, as in dispatch: nobody else holds what failed."""
        return encode.answer((yield from self.messages.answer(frame, "the request")))

    def send(self, content: Any, route_key: str | None = None, **more: Any) -> Any:
        """What the client reads, None for nothing; text is sent as it is, other
        content as JSON."""
        body = content if isinstance(content, bytes) else orjson.dumps(content)
        answer = self.raw(body, route_key, **more)
        assert answer.status == 200
        return json.loads(answer.body) if answer.body else None

    def call(self, action: str, payload: Any = None) -> Any:
        """The payload of the reply, or the code of the error."""
        frame = self.send({"action": action, "id": "1", "payload": payload})
        return frame["payload"] if frame["type"] == "reply" else frame["error"]["code"]

    def connect(self, connection: Connection | None = None) -> Answer:
        """The HTTP answer to a handshake."""
        new = connection or self._connection("c1=")
        frame = Frame(event_type=EventType.CONNECT, connection_id=new.id)
        return encode.answer(self.run(self.hooks.connect(frame, "the request", new)))

    def disconnect(self, how: Disconnected | None = None) -> None:
        frame = Frame(event_type=EventType.DISCONNECT, connection_id="c1=")
        self.run(self.hooks.disconnect(frame, Connection("c1="), how or Disconnected()))


def _key_of(body: bytes) -> str:
    """Not API Gateway's selection, only enough for well-formed frames."""
    try:
        members = orjson.loads(body)
    except ValueError:
        return "$default"
    action = members.get("action") if isinstance(members, dict) else None
    return action if isinstance(action, str) else "$default"
