"""Functions around the handling of a frame."""

import inspect
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any, get_args

from wsrouter.errors import DeclarationError
from wsrouter.routing.flow import Flow, call_handler, is_async, run_async, run_sync
from wsrouter.routing.frame import Frame
from wsrouter.routing.outcome import Outcome
from wsrouter.routing.signature import check_function, describe

FrameHandler = Callable[[Frame], Flow[Outcome]]


@dataclass(frozen=True, kw_only=True, slots=True)
class Middleware:
    """One registered `middleware(frame, call_next)`."""

    function: Callable[..., Any]
    is_async: bool

    @classmethod
    def of(cls, function: Callable[..., Any]) -> "Middleware":
        name = describe(function)
        check_function(function, name)
        try:
            inspect.signature(function).bind("frame", "call_next")
        except (TypeError, ValueError) as error:
            raise DeclarationError(
                f"{name}: a middleware takes (frame, call_next)."
            ) from error
        return cls(function=function, is_async=is_async(function))


def wrap(middlewares: Sequence[Middleware], handling: FrameHandler) -> FrameHandler:
    """`handling` inside all of `middlewares`, the first one outermost."""
    for middleware in reversed(middlewares):
        handling = partial(_call_middleware, middleware, handling)
    return handling


def _call_middleware(
    middleware: Middleware, inner: FrameHandler, frame: Frame
) -> Flow[Outcome]:
    def call_next(frame: Frame) -> Outcome:
        return run_sync(inner(frame))

    async def acall_next(frame: Frame) -> Outcome:
        return await run_async(inner(frame))

    following = acall_next if middleware.is_async else call_next
    function = partial(middleware.function, frame, following)
    outcome = yield from call_handler(function, {}, middleware.is_async)
    if not isinstance(outcome, get_args(Outcome)):
        raise TypeError(
            f"{describe(middleware.function)} returned {outcome!r} where the outcome"
            " of call_next(frame) is expected."
        )
    return outcome  # type: ignore[no-any-return]
