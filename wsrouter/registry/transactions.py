"""The open transactions of this thread, on every database, and what waits for them."""

from collections.abc import Callable
from typing import Any

from django.db import connections, transaction
from django.db.backends.base.base import BaseDatabaseWrapper

from wsrouter.registry.database import alias


def after_commits(run: Callable[[], object]) -> bool:
    """Call `run` when every transaction that is open now has committed; it is dropped
    when one of them, or a savepoint that is open now, is rolled back. Returns False,
    and does nothing, when no transaction is open."""
    opened = _open_connections()
    if not opened:
        return False
    # To chain the callbacks, each registered by the one before, would be wrong: a
    # savepoint that is rolled back meanwhile would not be noticed.
    waiting = _Countdown(len(opened), run)
    for connection in opened:
        transaction.on_commit(waiting.count, using=connection.alias, robust=True)
    return True


def is_any_open() -> bool:
    """Whether a transaction is open, on whatever database."""
    return bool(_open_connections())


def only_registry_is_open() -> bool:
    """Whether the registry's database is the one with an open transaction: what is
    stored in it is undone exactly when that transaction is."""
    return [connection.alias for connection in _open_connections()] == [alias()]


class _Countdown:
    """Calls `run` when it has been called so many times."""

    def __init__(self, number: int, run: Callable[[], object]) -> None:
        self._left, self._run = number, run

    def count(self) -> None:
        self._left -= 1
        if not self._left:
            self._run()


def _open_connections() -> list[BaseDatabaseWrapper]:
    return [
        connection
        for connection in connections.all(initialized_only=True)
        if connection.in_atomic_block and not is_testcase_only(connection)
    ]


def is_testcase_only(connection: BaseDatabaseWrapper) -> bool:
    """Whether only the blocks that a `TestCase` opens around each test are open: they
    never commit."""
    blocks: list[Any] = connection.atomic_blocks
    return bool(blocks) and all(block._from_testcase for block in blocks)
