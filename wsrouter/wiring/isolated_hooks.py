"""Handlers that run in transactions of their own, where ATOMIC_REQUESTS is set."""

from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import replace
from typing import Any

from django.db import connections, transaction

from wsrouter.routing.flow import call_handler, run_sync
from wsrouter.routing.route import Hook
from wsrouter.routing.table import Stack


def isolated(stack: Stack) -> Stack:
    """The same handlers, each in transactions of its own, so that one that fails does
    not roll back the others."""
    members = tuple(
        isolated(member) if isinstance(member, Stack) else _isolated(member)
        for member in stack.members
    )
    return replace(stack, members=members)


@contextmanager
def atomic_requests() -> Iterator[None]:
    """A transaction on every database that has ATOMIC_REQUESTS."""
    with ExitStack() as transactions:
        for alias in atomic_aliases():
            transactions.enter_context(transaction.atomic(using=alias))
        yield


def atomic_aliases() -> list[str]:
    """The databases that have ATOMIC_REQUESTS."""
    configured = connections.settings.items()
    return [alias for alias, options in configured if options["ATOMIC_REQUESTS"]]


def _isolated(hook: Hook) -> Hook:
    signature = hook.signature

    def run(**arguments: Any) -> Any:
        with atomic_requests():
            return run_sync(call_handler(hook.function, arguments, signature.is_async))

    return replace(hook, function=run, signature=replace(signature, is_async=False))
