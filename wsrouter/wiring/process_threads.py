"""The threads of this process for what follows an answer, and where there are none.

What messages send and what closes sockets have threads of their own: a gateway that
hangs holds up neither for the other.
"""

import os
import sys
from functools import cache

from django.db import connections, reset_queries

from wsrouter.delivery.batch_threads import BatchThreads
from wsrouter.delivery.delays import Delays
from wsrouter.registry import database
from wsrouter.wiring import substitutes

_LAMBDA = "AWS_LAMBDA_FUNCTION_NAME"


def are_usable() -> bool:
    """Whether what follows an answer can leave the thread of the request. It cannot in
    tests, whose sockets and whose transaction belong to that thread."""
    is_test = substitutes.current.transport is not None
    return not is_test and has_threads() and outlives_answers()


@cache
def outlives_answers() -> bool:
    """Whether this process can do something after an answer: AWS Lambda freezes it as
    soon as it has answered, with all of its threads."""
    return _LAMBDA not in os.environ


@cache
def has_threads() -> bool:
    """Whether this process runs the threads that it starts. uWSGI does without Python's
    threads unless told otherwise; its module exists only inside of it."""
    options = getattr(sys.modules.get("uwsgi"), "opt", None)
    if options is None:
        return True
    given = {_text(name): _text(value) for name, value in options.items()}
    if given.get("threads", "0") not in ("0", "1"):
        return True
    return given.get("enable-threads", "0").lower() not in ("0", "false", "off", "no")


@cache
def sends() -> BatchThreads:
    """What leaves after the answers to messages. Database connections stay open as long
    as those of requests do."""
    return BatchThreads(
        "wsrouter-send", begin=database.close_old_connections, end=_close_old
    )


@cache
def delays() -> Delays:
    """What is done later; `sends` or another pool does the work."""
    return Delays("wsrouter-delay")


@cache
def closings() -> BatchThreads:
    """The ends of sessions and connections. They are rare, so that no database
    connection is kept for them."""
    return BatchThreads(
        "wsrouter-ending",
        begin=database.close_old_connections,
        end=connections.close_all,
    )


def _close_old() -> None:
    reset_queries()
    database.close_old_connections()


def _text(value: object) -> str:
    """Names and values are bytes in some versions of uWSGI."""
    return value.decode() if isinstance(value, bytes) else str(value)
