"""The registry's operations, measured in microseconds: medians of 200, or, where many
rows are read, the least of seven, which a busy machine disturbs least.

Those that write run in one transaction that is rolled back: what a disk takes to sync
is not the registry's.
"""

import random
from collections.abc import Callable, Iterator
from hashlib import md5
from itertools import islice
from statistics import median
from time import perf_counter
from typing import Any

from django.db import transaction

from tests.benchmarks import registry_rows
from wsrouter import connections, groups
from wsrouter.delivery.ports import Span
from wsrouter.identity import anonymous
from wsrouter.registry.open_connections import ConnectionRegistry
from wsrouter.registry.recipient_pages import PAGE
from wsrouter.registry.recipients import StoredRecipients
from wsrouter.routing.connection import Connection
from wsrouter.routing.frame import EventType, Frame
from wsrouter.routing.ports import Recipients

ROUNDS = 200
REPEATS = 7
store, source = ConnectionRegistry(), StoredRecipients()


def measured(size: int) -> dict[str, float]:
    """By name; `per id` and `per user` are divided by what was found."""
    some = random.Random(7).sample(range(10, size), ROUNDS)
    ids = [id_of(number) for number in some]
    found = dict(_reads(ids, size)) | dict(_writes(ids))
    return {name: round(cost, 2) for name, cost in found.items()}


def _reads(ids: list[str], size: int) -> Iterator[tuple[str, float]]:
    hall = Recipients(groups=frozenset({"hall:0"}))
    everyone = Recipients(everyone=True)
    users = iter(range(2, size // registry_rows.PER_USER))
    rooms = iter(range(1, size // registry_rows.ROOM))
    yield "look up by id", _each(ids, lambda each: store.find(frame(each)))
    yield "ids of a hall, per id", _per_row(lambda: groups.members("hall:0"))
    yield "recipients of a hall, per id", _per_row(lambda: _recipients(hall))
    yield (
        "recipients of a room",
        _each(
            ids, lambda _: list(_recipients(Recipients(groups={f"room:{next(rooms)}"})))
        ),
    )
    yield (
        "recipients of a user",
        _each(ids, lambda _: list(_recipients(Recipients(users={next(users)})))),
    )
    yield "everyone, per id", _per_row(lambda: islice(_recipients(everyone), 20 * PAGE))
    yield (
        "everyone at the end, per id",
        _per_row(lambda: _recipients(everyone, Span(after="ff0"))),
    )
    yield "count a hall, per id", _per_row(lambda: range(groups.count("hall:0")))
    yield "users of a hall, per user", _per_row(lambda: groups.users("hall:0"))
    yield "users online, per user", _per_row(lambda: connections.online_users())
    yield (
        "more than 1,000",
        _each(range(20), lambda _: source.exceeds(everyone, 1000)),
    )
    yield (
        "next slice of 1,000",
        _each(
            range(20),
            lambda _: source.next_span(everyone, 1000, Span(after="0", last="8")),
        ),
    )


def _writes(ids: list[str]) -> Iterator[tuple[str, float]]:
    new = [f"new-{number}=" for number in range(ROUNDS)]
    with transaction.atomic():
        yield "connect", _each(new, _connect)
        yield "join", _each(ids, lambda each: store.join(each, "hall:0"))
        yield "leave", _each(ids, lambda each: store.leave(each, "hall:0"))
        yield "disconnect", _each(ids, lambda each: store.forget(each, "default"))
        transaction.set_rollback(True)


def _connect(connection_id: str) -> None:
    connection = Connection(connection_id, gateway="default")
    store.remember(frame(connection_id), connection, anonymous())


def _each(what: Any, act: Callable[[Any], object]) -> float:
    costs = []
    for each in what:
        start = perf_counter()
        act(each)
        costs.append(perf_counter() - start)
    return median(costs) * 1e6


def _per_row(read: Callable[[], Any]) -> float:
    costs = []
    for _ in range(REPEATS):
        start = perf_counter()
        count = sum(1 for _ in read())
        costs.append((perf_counter() - start) / count)
    return min(costs) * 1e6


def _recipients(recipients: Recipients, span: Span | None = None) -> Iterator[Any]:
    for page in source.pages(recipients, span):
        yield from page


def frame(connection_id: str) -> Frame:
    return Frame(
        event_type=EventType.MESSAGE, connection_id=connection_id, gateway="default"
    )


def id_of(number: int) -> str:
    return md5(str(number).encode()).hexdigest()[:15] + "="
