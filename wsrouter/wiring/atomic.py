"""Transactions of requests and of single handlers, as ATOMIC_REQUESTS asks for them."""

from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import replace
from typing import Any, TypeVar

from django.db import connections, transaction

from wsrouter.routing.flow import Call, Flow, drive
from wsrouter.routing.route import Hook
from wsrouter.routing.table import Stack

F = TypeVar("F", bound=Callable[..., Any])


def non_atomic(view: F) -> F:
    """Django leaves ATOMIC_REQUESTS to the view, which can then answer for a commit
    that fails."""
    for alias in connections:
        view = transaction.non_atomic_requests(using=alias)(view)
    return view


def are_asked_for() -> bool:
    """Whether a request gets a transaction at all."""
    for options in connections.settings.values():  # noqa: SIM110 (for every message)
        if options["ATOMIC_REQUESTS"]:
            return True
    return False


@contextmanager
def atomic_requests() -> Iterator[None]:
    """A transaction on every database that has ATOMIC_REQUESTS."""
    with ExitStack() as open_ones:
        for alias in _atomic_aliases():
            open_ones.enter_context(transaction.atomic(using=alias))
        yield


def roll_back() -> None:
    """An error answer is no exception, so the transactions have to be told."""
    for alias in _atomic_aliases():
        transaction.set_rollback(True, using=alias)


def isolated(stack: Stack) -> Stack:
    """The same handlers, each in transactions of its own: one that fails takes nothing
    else with it."""
    members = tuple(
        isolated(each) if isinstance(each, Stack) else _isolated(each)
        for each in stack.members
    )
    return replace(stack, members=members)


def _isolated(hook: Hook) -> Hook:
    takes = hook.signature

    def run(**arguments: Any) -> Any:
        with atomic_requests():
            return drive(_one(Call(hook.function, arguments, takes.is_async)))

    return replace(hook, function=run, signature=replace(takes, is_async=False))


def _one(call: Call) -> Flow[Any]:
    return (yield call)


def _atomic_aliases() -> list[str]:
    configured = connections.settings.items()
    return [alias for alias, options in configured if options["ATOMIC_REQUESTS"]]
