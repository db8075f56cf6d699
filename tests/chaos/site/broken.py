"""Copies of the product that break one promise each: a run with `--broken NAME` has to
find it."""

import random
from collections.abc import Callable, Iterator
from dataclasses import replace
from typing import Any


def slice_done_too_early() -> None:
    """A slice counts as delivered before it is posted: a worker that dies loses it."""
    from wsrouter.delivery.background import Background, Slice
    from wsrouter.models import QueuedSlice
    from wsrouter.routing.delivery import Report

    deliver = Background._deliver

    def early(self: Background, claimed: Slice) -> Report:
        pages = self.recipient_source.pages(claimed.recipients, claimed.span)
        count = sum(map(len, pages))
        task_id = QueuedSlice.objects.get(pk=claimed.id).task_id
        self.queue.finish_slice(claimed, task_id, Report(delivered=count))
        return deliver(self, claimed)

    Background._deliver = early  # type: ignore[method-assign]


def reply_swallowed() -> None:
    """One reply in ten is empty."""
    from wsrouter.wire import encode

    reply = encode._reply

    def swallowed(*arguments: Any) -> encode.Answer:
        found = reply(*arguments)
        return found._replace(body=b"") if random.random() < 0.1 else found

    encode._reply = swallowed


def rule_not_asked() -> None:
    """Groups admit everybody."""
    from wsrouter.routing.group_rule import GroupRule

    def admits(*_: Any, **__: Any) -> Iterator[Any]:
        yield from ()
        return True

    GroupRule.admits = admits  # type: ignore[assignment]


def reaper_sleeps() -> None:
    """The reaper does nothing."""
    from wsrouter.ops import reaper

    nothing = dict.fromkeys(reaper.ReapReport.__dataclass_fields__, 0)
    reaper.reap = lambda **_: reaper.ReapReport(**nothing)


def events_to_everyone() -> None:
    """Some of what is for a group goes to everyone."""
    from wsrouter.delivery.background import Background

    put = Background.put

    def everyone(self: Background, outgoing: Any, data: bytes) -> None:
        recipients = outgoing.recipients
        if random.random() < 0.1 and recipients.groups:
            recipients = replace(recipients, groups=frozenset(), everyone=True)
        put(self, replace(outgoing, recipients=recipients), data)

    Background.put = everyone  # type: ignore[method-assign]


def memory_leaks() -> None:
    """Each message of a client is kept for ever, with 50 KB more."""
    from wsrouter.wire import encode

    reply, kept = encode._reply, []

    def leaking(*arguments: Any) -> encode.Answer:
        kept.append(random.randbytes(50_000))
        return reply(*arguments)

    encode._reply = leaking


NAMES: dict[str, Callable[[], None]] = {
    act.__name__: act
    for act in (
        slice_done_too_early,
        reply_swallowed,
        rule_not_asked,
        reaper_sleeps,
        events_to_everyone,
        memory_leaks,
    )
}


def apply(name: str) -> None:
    """Does nothing for an empty name; raises KeyError for one that is unknown."""
    if name:
        NAMES[name]()
