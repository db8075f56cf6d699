"""Steps that are written once and run in a sync or in an async program.

A flow is a generator that yields the calls it wants made and gets their results back:
it performs no input or output itself. `run_sync` and `run_async` are the only two
functions that know which kind of program they are in, and the only two that care for
what exceptions leave behind. `docs/explanation/way-of-a-message.md` has an example.
"""

import inspect
import traceback
from collections.abc import Awaitable, Callable, Generator, Mapping
from dataclasses import dataclass
from functools import lru_cache
from types import GeneratorType
from typing import Any, ParamSpec, TypeVar

from asgiref.sync import async_to_sync, iscoroutinefunction, sync_to_async

P = ParamSpec("P")
T = TypeVar("T")


@dataclass(slots=True)
class Call:
    """A function to call; `is_async` when it is known to return a coroutine.

    The result is awaited wherever it can be: a plain function that passes a coroutine
    on, as many decorators do, counts as async too.
    """

    function: Callable[..., Any]
    args: tuple[Any, ...]
    kwargs: Mapping[str, Any]
    is_async: bool = False

    def __call__(self) -> Any:
        try:
            return self.function(*self.args, **self.kwargs)
        except StopIteration as error:
            # A future cannot carry StopIteration: awaiting it would hang.
            raise RuntimeError("The function raised StopIteration.") from error


Flow = Generator[Call, Any, T]


def call(function: Callable[P, T], /, *args: P.args, **kwargs: P.kwargs) -> Flow[T]:
    """Call one of our own functions: `found = yield from call(find, frame)`."""
    return (yield Call(function, args, kwargs))  # type: ignore[no-any-return]


def call_handler(
    function: Callable[..., Any], arguments: Mapping[str, Any], is_async: bool
) -> Flow[Any]:
    """Call a function of the application by keyword, sync or async."""
    return (yield Call(function, (), arguments, is_async))


def is_async(function: Callable[..., Any]) -> bool:
    """Whether calling `function`, also an object with `__call__`, gives a coroutine."""
    return iscoroutinefunction(function) or iscoroutinefunction(
        getattr(function, "__call__", None)  # noqa: B004  # its code is wanted
    )


def run_sync(flow: Flow[T]) -> T:
    """Run a flow to its end from sync code."""
    resume: Callable[[Any], Call] = flow.send
    thrown: list[Exception] = []
    requested: Any = None
    value: Any = None
    try:
        while True:
            requested = resume(value)
            try:
                value = requested.function(*requested.args, **requested.kwargs)
                if _may_be_awaited(type(value)) and inspect.isawaitable(value):
                    value = _unwrap(async_to_sync(_await_or_catch)(value))
                resume = flow.send
            except Exception as error:  # noqa: BLE001  # thrown into the flow
                thrown.append(error)
                resume, value = flow.throw, error
    except StopIteration as stop:
        if thrown:
            _clear_frames(thrown)
        return stop.value  # type: ignore[no-any-return]
    finally:
        # The traceback of an error refers to this frame. If the frame still referred to
        # the error, the two would keep each other in memory.
        thrown, requested, value = [], None, None


async def run_async(flow: Flow[T]) -> T:
    """Run a flow to its end from async code; sync functions run in a thread."""
    resume: Callable[[Any], Call] = flow.send
    thrown: list[Exception] = []
    requested: Any = None
    value: Any = None
    try:
        while True:
            requested = resume(value)
            try:
                value = await _result(requested)
                resume = flow.send
            except Exception as error:  # noqa: BLE001  # thrown into the flow
                thrown.append(error)
                resume, value = flow.throw, error
    except StopIteration as stop:
        if thrown:
            _clear_frames(thrown)
        return stop.value  # type: ignore[no-any-return]
    finally:
        thrown, requested, value = [], None, None


async def run_in_thread(flow: Flow[T]) -> T:
    """Run a flow to its end as sync code does, in one visit to the thread of the
    request: between a thread and an event loop, every step would cost as much as the
    rest of a message."""
    return await _result(Call(run_sync, (flow,), {}))  # type: ignore[no-any-return]


def report_while_handling(
    error: Exception, report: Callable[[Exception], object]
) -> None:
    """Call `report` while `error` is the exception being handled, as loggers and
    Django's signal expect it. Its traceback is left as it was: with this frame added,
    it would refer to frames that refer to the error."""
    raised_at = error.__traceback__
    try:
        raise error
    except Exception as raised:  # noqa: BLE001  # reported
        report(raised)
    finally:
        error.__traceback__ = raised_at


def _clear_frames(errors: list[Exception]) -> None:
    """The flow has dealt with these errors. Their tracebacks refer to its frames, which
    are finished: a variable there that held an error would keep both in memory."""
    for error in errors:
        traceback.clear_frames(error.__traceback__)


async def _result(requested: Call) -> Any:
    if requested.is_async:
        value = requested()
    else:
        value = _unwrap(await sync_to_async(_call_or_catch)(requested))
    if _may_be_awaited(type(value)) and inspect.isawaitable(value):
        return await value
    return value


def _is_awaitable_type(kind: type) -> bool:
    return issubclass(kind, Awaitable | GeneratorType)


_may_be_awaited: Callable[[type], bool] = lru_cache(maxsize=1024)(_is_awaitable_type)
"""Looks at the type first: `inspect.isawaitable` on every result would take longer."""


class _Caught:
    """An exception that crosses between threads as a value: raised through asgiref, it
    would leave a reference cycle behind, which keeps a thread alive."""

    def __init__(self, error: Exception) -> None:
        self._error: list[Exception] = [error]

    def take(self) -> Exception:
        """The error, once: afterwards only its own traceback refers to it."""
        return self._error.pop()


def _call_or_catch(requested: Call) -> Any:
    try:
        return requested()
    except Exception as error:  # noqa: BLE001  # raised by `_unwrap`
        return _Caught(error)


async def _await_or_catch(value: Awaitable[Any]) -> Any:
    try:
        return await value
    except Exception as error:  # noqa: BLE001  # raised by `_unwrap`
        return _Caught(error)


def _unwrap(found: Any) -> Any:
    if type(found) is _Caught:
        raise found.take()
    return found
