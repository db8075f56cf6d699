"""Publishers that are killed at each step of a kept send: `python -m
tests.streams.dying_publisher DATABASE SUFFIX`. Each is a process of its own, with a
group of its own."""

import os
import signal
import sys
from collections.abc import Callable
from importlib import import_module
from typing import Any

from tests.project import settings

STEPS = (
    "stored",
    "committed",
    "counted",
    "numbered",
    "posting",
    "posted",
    "marked",
)
"""The last thing that a publisher does: the event is stored, in its transaction; that
has committed; the counter of the stream is taken, in another; that has committed; a
first connection gets the event; all have got it; the row says so."""
ALONE = ("numbered", "posting", "posted", "marked")
"""Where the send is not in a transaction, the first three are one."""


def group(step: str, *, alone: bool, suffix: str) -> str:
    return f"{'alone' if alone else 'atomic'}-{step}-{suffix}"


def die(*_: object) -> None:
    os.kill(os.getpid(), signal.SIGKILL)


def after(function: Callable[..., Any]) -> Callable[..., Any]:
    """The function, and then the end."""

    def call(*args: Any, **kwargs: Any) -> None:
        function(*args, **kwargs)
        die()

    return call


def before_commit(function: Callable[..., Any]) -> Callable[..., Any]:
    """The function in a transaction that does not commit, and then the end."""

    def call(*args: Any, using: str) -> None:
        from django.db import transaction

        with transaction.atomic(using=using):
            function(*args, using=using)
            die()

    return call


class Posts:
    """Takes posts, and may die after the first."""

    def __init__(self, *, dies: bool) -> None:
        self.dies = dies

    def post(self, address: Any, data: bytes) -> Any:
        from wsrouter.delivery.ports import PostResult, PostStatus

        if self.dies:
            die()
        return PostResult(PostStatus.DELIVERED)

    def post_all(self, schedule: Any, data: bytes) -> None:
        from wsrouter.delivery.thread_pool import post_in_this_thread

        post_in_this_thread(schedule, lambda to, _: self.post(to.address, data))


def prepare(step: str, *, alone: bool) -> None:
    from wsrouter.registry.streams import event_numbering, event_statements
    from wsrouter.registry.streams.kept_events import StoredKeptEvents as Store

    if step == "stored":
        event_statements.insert = after(event_statements.insert)
    elif step == "committed":
        Store.number = die  # type: ignore[assignment, method-assign]
    elif step == "counted":
        event_numbering.number = before_commit(event_numbering.number)
    elif step == "numbered" and alone:
        Store.add_numbered = after(Store.add_numbered)  # type: ignore[method-assign]
    elif step == "numbered":
        Store.number = after(Store.number)  # type: ignore[method-assign]
    elif step == "posted":
        Store.mark_posted = die  # type: ignore[assignment, method-assign]
    elif step == "marked":
        Store.mark_posted = after(Store.mark_posted)  # type: ignore[method-assign]


def publish(step: str, *, alone: bool, suffix: str) -> None:
    from django.db import transaction

    from tests.django.events import serving
    from tests.streams.stream_routes import news, router
    from wsrouter.testing.substitution import substituted

    prepare(step, alone=alone)
    name = group(step, alone=alone, suffix=suffix)
    transport: Any = Posts(dies=step == "posting")
    with serving(router), substituted(transport=transport, secret=""):
        if alone:
            news.send("last words", group=name)
        else:
            with transaction.atomic():
                news.send("last words", group=name)
    raise AssertionError(f"{name} has not died.")


def start(step: str, *, alone: bool, suffix: str) -> int:
    """Its process id. This process has no threads and no connection to a database."""
    if pid := os.fork():
        return pid
    try:
        publish(step, alone=alone, suffix=suffix)
    finally:
        os._exit(1)


def main(database: str, suffix: str) -> None:
    """Fails where one of them ends in another way."""
    import django

    settings.DATABASES["default"]["NAME"] = database  # type: ignore[attr-defined]
    django.setup()
    import_module("tests.streams.stream_routes")  # once, and not in each
    import_module("wsrouter.wiring.outgoing")
    pids = [start(step, alone=False, suffix=suffix) for step in STEPS]
    pids += [start(step, alone=True, suffix=suffix) for step in ALONE]
    codes = [os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]) for pid in pids]
    if set(codes) != {-signal.SIGKILL}:
        sys.exit(f"They have ended with {codes}.")


if __name__ == "__main__":
    main(*sys.argv[1:])
