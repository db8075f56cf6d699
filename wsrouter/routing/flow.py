"""Runs steps that were written once, in a sync or in an async world.

A flow is a generator that yields calls and gets their results back. `drive` and
`adrive` are the only two places that know which world they are in.
"""

import inspect
from collections.abc import Awaitable, Callable, Generator, Mapping
from dataclasses import dataclass, field
from functools import lru_cache
from types import GeneratorType
from typing import Any, TypeVar

from asgiref.sync import async_to_sync, iscoroutinefunction, sync_to_async

T = TypeVar("T")


@dataclass(slots=True)
class Call:
    """A function to call by keyword; `is_async` when it is known to give a coroutine.

    What it returns is awaited wherever that is possible: a plain function that hands
    on a coroutine, as many decorators do, counts as async too.
    """

    function: Callable[..., Any]
    arguments: Mapping[str, Any] = field(default_factory=dict)
    is_async: bool = False

    def __call__(self) -> Any:
        try:
            return self.function(**self.arguments)
        except StopIteration as error:  # no future can carry it: awaiting would hang
            raise RuntimeError("The function raised StopIteration.") from error


Flow = Generator[Call, Any, T]


def is_async(function: Callable[..., Any]) -> bool:
    """Whether calling `function`, also an object with `__call__`, gives a coroutine."""
    return iscoroutinefunction(function) or iscoroutinefunction(
        getattr(function, "__call__", None)  # noqa: B004  # its code is wanted
    )


def drive(flow: Flow[T]) -> T:
    """Run a flow to its end from sync code."""
    resume: Callable[[Any], Call] = flow.send
    call: Any = None
    value: Any = None
    try:
        while True:
            call = resume(value)
            try:
                value = call.function(**call.arguments)
                if _may_be_awaited(type(value)) and inspect.isawaitable(value):
                    value = _told(async_to_sync(_awaited)(value))
                resume = flow.send
            except Exception as error:  # noqa: BLE001  # thrown into the flow
                resume, value = flow.throw, error
    except StopIteration as stop:
        return stop.value  # type: ignore[no-any-return]
    finally:
        # The traceback of an error holds this frame, which must not hold the error.
        call = value = None


async def adrive(flow: Flow[T]) -> T:
    """Run a flow to its end from async code; sync calls run in a thread."""
    resume: Callable[[Any], Call] = flow.send
    call: Any = None
    value: Any = None
    try:
        while True:
            call = resume(value)
            try:
                value = await _called(call)
                resume = flow.send
            except Exception as error:  # noqa: BLE001  # thrown into the flow
                resume, value = flow.throw, error
    except StopIteration as stop:
        return stop.value  # type: ignore[no-any-return]
    finally:
        call = value = None


async def _called(call: Call) -> Any:
    value = call() if call.is_async else _told(await sync_to_async(_returned)(call))
    if _may_be_awaited(type(value)) and inspect.isawaitable(value):
        return await value
    return value


def _is_of_awaitables(kind: type) -> bool:
    return issubclass(kind, Awaitable | GeneratorType)


_may_be_awaited: Callable[[type], bool] = lru_cache(maxsize=1024)(_is_of_awaitables)
"""Asked of the type of every result: `isawaitable` alone would take longer."""


class _Raised:
    """An error on its way between the worlds. As a value: one that is raised through
    asgiref leaves a circle behind, and with it, in a sync world, a thread."""

    def __init__(self, error: Exception) -> None:
        self._error: list[Exception] = [error]

    def error(self) -> Exception:
        """Once: the frames that carried it here are those of its traceback."""
        return self._error.pop()


def _returned(call: Call) -> Any:
    try:
        return call()
    except Exception as error:  # noqa: BLE001  # raised by `_told`
        return _Raised(error)


async def _awaited(value: Awaitable[Any]) -> Any:
    try:
        return await value
    except Exception as error:  # noqa: BLE001  # raised by `_told`
        return _Raised(error)


def _told(found: Any) -> Any:
    if type(found) is _Raised:
        raise found.error()
    return found
