"""Repeats a transaction that the database gave up in favour of another one."""

import random
import time
from collections.abc import Callable
from typing import Any, TypeVar

from django.db import DatabaseError

from wsrouter.registry import database

T = TypeVar("T")
PAUSES_SECONDS = (0.01, 0.02, 0.05, 0.1, 0.2, 0.4)
"""The longest pauses before it is repeated."""
_STATES = frozenset({"40001", "40P01"})
"""PostgreSQL's codes for a serialization failure and a deadlock."""
_NUMBERS = frozenset({1020, 1213})
"""MariaDB's and MySQL's numbers: a record has changed since it was read (MariaDB at
REPEATABLE READ, since 11.6), a deadlock."""
_LOCKED = "is locked"


def retried(run: Callable[[], T]) -> T:
    """Call `run`, and call it again where the database gave its transaction up. Inside
    a transaction of the caller's it is called once: that one is lost as well."""
    for pause in PAUSES_SECONDS:
        try:
            return run()
        except DatabaseError as error:
            if database.in_transaction() or not _gave_up(error):
                raise
        time.sleep(random.uniform(0, pause))  # noqa: S311  # jitter, not a secret
    return run()


def _gave_up(error: DatabaseError) -> bool:
    cause: Any = error.__cause__
    state = getattr(cause, "sqlstate", None) or getattr(cause, "pgcode", None)
    number = error.args[0] if error.args else None
    return state in _STATES or number in _NUMBERS or _LOCKED in str(error)
