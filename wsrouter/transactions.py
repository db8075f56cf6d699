"""Transactions of requests and of single handlers, as ATOMIC_REQUESTS asks for them."""

from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import replace
from typing import Any, TypeVar

from django.db import connections, router, transaction

from wsrouter.models import OpenConnection
from wsrouter.routing.drive import Call, Flow, drive
from wsrouter.routing.route import Hook
from wsrouter.routing.table import Stack

F = TypeVar("F", bound=Callable[..., Any])


def kept_by_the_view(view: F) -> F:
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


def in_transaction() -> bool:
    """Whether a transaction is open on the registry's database."""
    alias = router.db_for_write(OpenConnection)
    return bool(transaction.get_connection(alias).in_atomic_block)


def after_commit(run: Callable[[], object]) -> bool:
    """Run when the open transaction commits; False when none is open."""
    if not in_transaction():
        return False
    transaction.on_commit(run, using=router.db_for_write(OpenConnection), robust=True)
    return True


def close_old_connections() -> None:
    """As Django does after a request, for what is done later still."""
    for connection in connections.all(initialized_only=True):
        if not connection.in_atomic_block:
            connection.close_if_unusable_or_obsolete()


def apart(stack: Stack) -> Stack:
    """The same handlers, each in transactions of its own: one that fails takes nothing
    else with it."""
    members = tuple(
        apart(each) if isinstance(each, Stack) else _apart(each)
        for each in stack.members
    )
    return replace(stack, members=members)


def _apart(hook: Hook) -> Hook:
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
