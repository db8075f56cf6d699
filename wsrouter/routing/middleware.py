"""Functions around the handling of a frame."""

import inspect
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any, get_args

from wsrouter.errors import DeclarationError
from wsrouter.routing.flow import Call, Flow, adrive, drive, is_async
from wsrouter.routing.frame import Frame
from wsrouter.routing.outcome import Outcome
from wsrouter.routing.signature import described, refuse_impossible

Handling = Callable[[Frame], Flow[Outcome]]


@dataclass(frozen=True, kw_only=True, slots=True)
class Middleware:
    """One registered `middleware(frame, call_next)`."""

    function: Callable[..., Any]
    is_async: bool

    @classmethod
    def of(cls, function: Callable[..., Any]) -> "Middleware":
        name = described(function)
        refuse_impossible(function, name)
        try:
            inspect.signature(function).bind("frame", "call_next")
        except (TypeError, ValueError) as error:
            raise DeclarationError(
                f"{name}: a middleware takes (frame, call_next)."
            ) from error
        return cls(function=function, is_async=is_async(function))


def wrapped(middlewares: Sequence[Middleware], handling: Handling) -> Handling:
    """`handling` inside all of `middlewares`, the first one outermost."""
    for middleware in reversed(middlewares):
        handling = partial(_around, middleware, handling)
    return handling


def _around(middleware: Middleware, inner: Handling, frame: Frame) -> Flow[Outcome]:
    def call_next(frame: Frame) -> Outcome:
        return drive(inner(frame))

    async def acall_next(frame: Frame) -> Outcome:
        return await adrive(inner(frame))

    following = acall_next if middleware.is_async else call_next
    function = partial(middleware.function, frame, following)
    outcome = yield Call(function, {}, middleware.is_async)
    if not isinstance(outcome, get_args(Outcome)):
        raise TypeError(
            f"{described(middleware.function)} returned {outcome!r} where the outcome"
            " of call_next(frame) is expected."
        )
    return outcome  # type: ignore[no-any-return]
