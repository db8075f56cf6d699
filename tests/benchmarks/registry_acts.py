"""Everything that frames, sends and groups ask of the registry."""

from collections.abc import Callable
from typing import Any

from tests.benchmarks.registry_costs import frame, id_of
from wsrouter import groups
from wsrouter.delivery.ports import Span
from wsrouter.identity import anonymous
from wsrouter.ops import reaper
from wsrouter.registry import revocation
from wsrouter.registry.open_connections import ConnectionRegistry
from wsrouter.registry.recipients import StoredRecipients
from wsrouter.routing.connection import Connection
from wsrouter.routing.ports import Recipients

ONE = id_of(77)
store, source = ConnectionRegistry(), StoredRecipients()


def read(recipients: Recipients, span: Span | None = None) -> None:
    assert next(source.pages(recipients, span)) is not None


def group(*names: str) -> Recipients:
    return Recipients(groups=frozenset(names))


ACTS: dict[str, Callable[[], Any]] = {
    "find": lambda: store.find(frame(ONE)),
    "connect": lambda: store.remember(
        frame("new="), Connection("new=", gateway="default", groups={"a"}), anonymous()
    ),
    "connect again": lambda: store.remember(
        frame(id_of(5)), Connection(id_of(5), gateway="default"), anonymous()
    ),
    "disconnect": lambda: store.forget(ONE, "default"),
    "forget all": lambda: store.forget_all([ONE, id_of(78)], "default"),
    "join": lambda: store.join(ONE, "b"),
    "leave": lambda: store.leave(ONE, "room:77"),
    "groups of a connection": lambda: store.groups(ONE),
    "state": lambda: store.update_state(ONE, {"a": 1}),
    "to a connection": lambda: read(Recipients(connection_ids=frozenset({ONE}))),
    "to a user": lambda: read(Recipients(users=frozenset({7}))),
    "to a small group": lambda: read(group("room:1")),
    "to a large group": lambda: read(group("all")),
    "to a large group, in the middle": lambda: read(group("all"), Span(after="8")),
    "a slice": lambda: read(group("all"), Span(after="8", last="81")),
    "to two groups": lambda: read(group("all", "room:1"), Span(group_index=1)),
    "to two large groups": lambda: list(source.pages(group("all", "hall:0"))),
    "to everyone": lambda: read(Recipients(everyone=True)),
    "to everyone, in the middle": lambda: read(
        Recipients(everyone=True), Span(after="8")
    ),
    "to everyone of a gateway": lambda: read(
        Recipients(everyone=True, gateway="default")
    ),
    "more than so many": lambda: source.exceeds(Recipients(everyone=True), 1000),
    "more than so many in two groups": lambda: source.exceeds(
        group("all", "hall:0"), 20_000
    ),
    "more than so many in a group": lambda: source.exceeds(group("all"), 1000),
    "the next slice": lambda: source.next_span(
        group("all"), 1000, Span(after="8", last="81")
    ),
    "ids of a group": lambda: list(groups.members("all")),
    "count of a group": lambda: groups.count("room:1"),
    "users of a group": lambda: groups.users("room:1"),
    "end a user's": lambda: revocation.expire_user(7),
    "end a session's": lambda: revocation.expire_session(["0" * 64]),
    "what has ended": lambda: list(revocation.iter_expired()),
    "what is doubtful": lambda: list(reaper.iter_possibly_lost(1000)),
}
