"""Typed outbound messages: to whom they go, and what they hold."""

import asyncio
import re
from datetime import date
from typing import Any

import pytest
from pydantic import BaseModel, Field, ValidationError

from tests.routing.builders import Gateway, Outbox, Run, User
from wsrouter import Connection, Event, Router
from wsrouter.errors import HandshakeNotDone, NotReady
from wsrouter.routing.delivery import Status
from wsrouter.routing.flow import run_async
from wsrouter.routing.ports import Recipients


class Order(BaseModel):
    order_id: int = Field(serialization_alias="orderId")
    day: date | None = None


class Row:
    order_id = 7
    day = date(2026, 1, 2)


ORDER = Order(order_id=7)


@pytest.fixture
def changed() -> Event[Order]:
    return Router().event("orders.changed", Order)


@pytest.mark.parametrize(
    ("options", "recipients"),
    [
        ({"connection": "c1="}, Recipients(connection_ids=frozenset({"c1="}))),
        (
            {"connection": Connection("c1=")},
            Recipients(connection_ids=frozenset({"c1="})),
        ),
        ({"user": User(7)}, Recipients(users=frozenset({7}))),
        ({"user": 0}, Recipients(users=frozenset({0}))),
        (
            {"connections": iter(["c1=", Connection("c2="), "c1="])},
            Recipients(connection_ids=frozenset({"c1=", "c2="})),
        ),
        ({"users": [User(7), 8, 7]}, Recipients(users=frozenset({7, 8}))),
        ({"group": "a"}, Recipients(groups=frozenset({"a"}))),
        ({"groups": ["a", "b", "a"]}, Recipients(groups=frozenset({"a", "b"}))),
        ({"groups": iter(["a"])}, Recipients(groups=frozenset({"a"}))),
        ({"everyone": True}, Recipients(everyone=True)),
        (
            {"everyone": True, "exclude": ["c1=", Connection("c2=")], "gateway": "eu"},
            Recipients(everyone=True, exclude=frozenset({"c1=", "c2="}), gateway="eu"),
        ),
        (
            {"everyone": True, "exclude": Connection("c1=")},
            Recipients(everyone=True, exclude=frozenset({"c1="})),
        ),
        (
            {"everyone": True, "exclude": "c1="},
            Recipients(everyone=True, exclude=frozenset({"c1="})),
        ),
        (
            {"group": "a", "exclude": User(7)},
            Recipients(groups=frozenset({"a"}), exclude_users=frozenset({7})),
        ),
        (
            {"everyone": True, "exclude": [User(7), "c1=", User(8)]},
            Recipients(
                everyone=True,
                exclude=frozenset({"c1="}),
                exclude_users=frozenset({7, 8}),
            ),
        ),
    ],
)
def test_recipients(
    changed: Event[Order],
    options: dict[str, Any],
    recipients: Recipients,
    outbox: Outbox,
) -> None:
    changed.send(ORDER, **options)
    (outgoing,) = outbox.sent
    assert outgoing.recipients == recipients
    assert (outgoing.event, outgoing.left_out) == ("orders.changed", 0)


ONE_OF = "needs exactly one of connection=, connections=, user=, users=, group=,"


@pytest.mark.parametrize(
    ("options", "mistake"),
    [
        ({}, ONE_OF),
        ({"everyone": False}, ONE_OF),
        ({"group": "a", "everyone": True}, ONE_OF),
        ({"connection": "c1=", "user": 7}, ONE_OF),
        ({"group": "a", "groups": ["b"]}, ONE_OF),
        ({"users": [7], "user": 7}, ONE_OF),
        ({"groups": "a"}, "use group= for one"),
        ({"connection": ""}, "not a str: ''"),
        ({"connection": 7}, "not a int: 7"),
        ({"connection": ["c1="]}, "not a list; connections= takes several"),
        ({"connections": "c1="}, "not a str; connection= takes one"),
        ({"connections": Connection("c1=")}, "not a Connection; connection= takes one"),
        ({"connections": 7}, "not a int; connection= takes one"),
        ({"connections": ["c1=", User(7)]}, "not a User"),
        ({"everyone": True, "exclude": [7]}, "takes connections, their ids and users"),
        ({"everyone": True, "exclude": 7}, "takes connections, their ids and users"),
        ({"everyone": True, "exclude": [[]]}, "not a list"),
    ],
)
def test_wrong_recipients(
    changed: Event[Order], options: dict[str, Any], mistake: str, outbox: Outbox
) -> None:
    with pytest.raises(TypeError, match=re.escape(mistake)):
        changed.send(ORDER, **options)
    assert outbox.sent == []


@pytest.mark.parametrize(
    "options",
    [{"group": ""}, {"groups": ["a", " b"]}, {"user": User(None)}],  # type: ignore[arg-type]
)
def test_impossible_recipients(
    changed: Event[Order], options: dict[str, Any], outbox: Outbox
) -> None:
    """A user who is not stored, such as an AnonymousUser, must not mean everyone."""
    with pytest.raises(ValueError):
        changed.send(ORDER, **options)
    assert outbox.sent == []


@pytest.mark.parametrize("name", ["groups", "users", "connections"])
def test_none_of_them_are_nobody(
    changed: Event[Order], name: str, outbox: Outbox
) -> None:
    delivery = changed.send(ORDER, **{name: []})  # type: ignore[arg-type]
    assert delivery.status is Status.DONE
    assert delivery.report
    assert delivery.report.recipients == 0
    assert outbox.sent == []


@pytest.mark.parametrize(
    ("payload", "sent"),
    [
        (ORDER, b'{"orderId":7,"day":null}'),
        (Row(), b'{"orderId":7,"day":"2026-01-02"}'),
        ({"order_id": 2**80}, b'{"orderId":%d,"day":null}' % 2**80),
    ],
)
def test_payloads(
    changed: Event[Order], payload: Any, sent: bytes, outbox: Outbox
) -> None:
    changed.send(payload, everyone=True)
    assert outbox.sent[0].payload == sent


def test_a_wrong_payload(changed: Event[Order], outbox: Outbox) -> None:
    for options in ({"everyone": True}, {"groups": []}):
        with pytest.raises(ValidationError):
            changed.send({"order_id": "x"}, **options)  # type: ignore[arg-type]
    assert outbox.sent == []


def test_too_many_connections(
    changed: Event[Order], outbox: Outbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("wsrouter.routing.named_connections.MAX_CONNECTIONS", 3)
    changed.send(ORDER, connections=map(str, range(3)))
    with pytest.raises(ValueError, match="more than 3 connections: let them join a gr"):
        changed.send(ORDER, connections=map(str, range(4)))
    assert len(outbox.sent) == 1


def test_any_type_can_be_an_event(outbox: Outbox) -> None:
    Router().event("ids", list[int]).send([1, 2], everyone=True)
    assert outbox.sent[0].payload == b"[1,2]"


def test_now(changed: Event[Order], outbox: Outbox) -> None:
    changed.send(ORDER, everyone=True)
    changed.send(ORDER, everyone=True, now=True)
    assert outbox.now == [False, True]


def test_asend(changed: Event[Order], outbox: Outbox) -> None:
    delivery = asyncio.run(changed.asend(ORDER, group="a"))
    assert delivery.status is Status.DONE
    assert outbox.sent[0].recipients == Recipients(groups=frozenset({"a"}))


@pytest.mark.parametrize("options", [{"everyone": True}, {"groups": []}])
def test_without_an_application(
    changed: Event[Order], options: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("wsrouter.routing.ports._senders", [])
    with pytest.raises(NotReady):
        changed.send(ORDER, **options)


# Inside connect


def sending(**options: Any) -> Router:
    """A router that sends so while the connection c1= of user 7 in group a opens."""
    router = Router()
    event = router.event("orders.changed", Order)

    @router.connect
    def opened(connection: Connection) -> None:
        connection.join("a")
        event.send(ORDER, **options)

    return router


@pytest.mark.parametrize(
    ("options", "left_out"),
    [
        ({"everyone": True}, 1),
        ({"user": 7}, 1),
        ({"user": User(8)}, 0),
        ({"users": [8, 7]}, 1),
        ({"everyone": True, "exclude": User(7)}, 0),
        ({"group": "a"}, 1),
        ({"groups": ["a", "b"]}, 1),
        ({"group": "b"}, 0),
        ({"connection": "c2="}, 0),
        ({"everyone": True, "exclude": "c1="}, 0),
        ({"everyone": True, "gateway": "default"}, 1),
        ({"everyone": True, "gateway": "another"}, 0),
    ],
)
def test_the_new_connection_is_left_out(
    options: dict[str, Any], left_out: int, outbox: Outbox, run: Run
) -> None:
    gateway = Gateway(sending(**options), user=User(7), run=run)
    assert gateway.connect().status == 200
    (outgoing,) = outbox.sent
    assert outgoing.left_out == left_out
    assert "c1=" in outgoing.recipients.exclude


@pytest.mark.parametrize("options", [{"connection": "c1="}, {"connections": ["c1="]}])
def test_the_new_connection_cannot_be_sent_to(
    options: dict[str, Any], outbox: Outbox, run: Run
) -> None:
    gateway = Gateway(sending(**options), run=run)
    assert gateway.connect().status == 500
    assert isinstance(gateway.crashes[0], HandshakeNotDone)
    assert outbox.sent == []


def test_afterwards_it_can_be_sent_to(outbox: Outbox, run: Run) -> None:
    router = Router()
    event = router.event("orders.changed", Order)
    router.connect(lambda: None)
    Gateway(router, run=run).connect()
    event.send(ORDER, connection="c1=")
    assert outbox.sent[0].recipients == Recipients(connection_ids=frozenset({"c1="}))


def test_a_task_of_connect_outlives_the_handshake(outbox: Outbox) -> None:
    """It carries the context of `connect` on, which must not hold it back for good."""
    router, done = Router(), asyncio.Event()
    event = router.event("orders.changed", Order)
    tasks = []

    @router.connect
    async def opened(connection: Connection) -> None:
        async def later() -> None:
            await done.wait()
            await event.asend(ORDER, connection=connection)

        tasks.append(asyncio.create_task(later()))

    async def run_both(flow: Any) -> Any:
        outcome = await run_async(flow)
        done.set()
        await tasks[0]
        return outcome

    Gateway(router, run=lambda flow: asyncio.run(run_both(flow))).connect()
    assert outbox.sent[0].recipients == Recipients(connection_ids=frozenset({"c1="}))
