"""ATOMIC_REQUESTS for the endpoint, which opens the transactions of a frame itself."""

from collections.abc import Callable
from typing import Any, TypeVar

from django.db import connections, transaction

from wsrouter.routing.flow import Flow, run_sync
from wsrouter.wire.encode import Answer
from wsrouter.wiring.isolated_hooks import atomic_aliases, atomic_requests

F = TypeVar("F", bound=Callable[..., Any])


def non_atomic(view: F) -> F:
    """Keep Django from opening a transaction around a view. The view opens it itself,
    so that it can still answer when the commit fails."""
    for alias in connections:
        view = transaction.non_atomic_requests(using=alias)(view)
    return view


def is_configured() -> bool:
    """Whether any database has ATOMIC_REQUESTS."""
    for options in connections.settings.values():  # noqa: SIM110  # any() takes longer
        if options["ATOMIC_REQUESTS"]:
            return True
    return False


def run_in_transactions(flow: Flow[Answer]) -> Answer:
    """Run a flow in its transactions, and roll them back if it answers an error: Django
    would do so for an exception only."""
    with atomic_requests():
        answer = run_sync(flow)
        if answer.failed:
            for alias in atomic_aliases():
                transaction.set_rollback(True, using=alias)
    return answer
