"""Transactions of requests and of single handlers, as ATOMIC_REQUESTS asks for them."""

from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import replace
from typing import Any, TypeVar

from django.db import connections, transaction

from wsrouter.routing.flow import call_handler, run_sync
from wsrouter.routing.route import Hook
from wsrouter.routing.table import Stack

F = TypeVar("F", bound=Callable[..., Any])


def non_atomic(view: F) -> F:
    """Keep Django from opening a transaction around a view. The view opens it itself,
    so that it can still answer when the commit fails."""
    for alias in connections:
        view = transaction.non_atomic_requests(using=alias)(view)
    return view


def is_configured() -> bool:
    """Whether any database has ATOMIC_REQUESTS."""
    for options in connections.settings.values():  # noqa: SIM110  # any() takes longer, per message
        if options["ATOMIC_REQUESTS"]:
            return True
    return False


@contextmanager
def atomic_requests() -> Iterator[None]:
    """A transaction on every database that has ATOMIC_REQUESTS."""
    with ExitStack() as transactions:
        for alias in _atomic_aliases():
            transactions.enter_context(transaction.atomic(using=alias))
        yield


def roll_back() -> None:
    """Mark the open transactions. Django rolls back for an exception, and an error that
    is answered is none."""
    for alias in _atomic_aliases():
        transaction.set_rollback(True, using=alias)


def isolated(stack: Stack) -> Stack:
    """The same handlers, each in transactions of its own, so that one that fails does
    not roll back the others."""
    members = tuple(
        isolated(member) if isinstance(member, Stack) else _isolated(member)
        for member in stack.members
    )
    return replace(stack, members=members)


def _isolated(hook: Hook) -> Hook:
    signature = hook.signature

    def run(**arguments: Any) -> Any:
        with atomic_requests():
            return run_sync(call_handler(hook.function, arguments, signature.is_async))

    return replace(hook, function=run, signature=replace(signature, is_async=False))


def _atomic_aliases() -> list[str]:
    configured = connections.settings.items()
    return [alias for alias, options in configured if options["ATOMIC_REQUESTS"]]
