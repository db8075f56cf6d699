"""Functions that cannot be a handler, hook, exception handler or middleware."""

import functools
import re
from collections.abc import AsyncIterator, Callable, Iterator
from typing import Any

import pytest

from tests.routing import postponed
from tests.routing.refusals import Watch, handler, names, refused
from wsrouter import Connection, Disconnected, Message, Router
from wsrouter.routing.frame import Frame

# Parameters


def unannotated(payload) -> None: ...  # type: ignore[no-untyped-def]
def two_payloads(payload: Watch, more: Watch) -> None: ...
def positional(payload: Watch, /) -> None: ...
def stars(*args: Watch) -> None: ...
def keywords(**options: Watch) -> None: ...
def yields(payload: Watch) -> Iterator[int]:
    yield 1


async def yields_async(payload: Watch) -> AsyncIterator[int]:
    yield 1


def unresolved(payload: "Nowhere") -> None: ...  # type: ignore[name-defined]  # noqa: F821
def misspelled(payload: "functools.Nothing") -> None: ...  # type: ignore[name-defined]
def nonsense(payload: "1 +") -> None: ...  # type: ignore[valid-type]  # noqa: F722
def impossible(payload: re.Match[str] | Connection) -> None: ...
def impossible_reply() -> Connection: ...  # type: ignore[empty-body]
def ended(how: Disconnected) -> None: ...
def whole_frame(frame: Frame) -> None: ...


@pytest.mark.parametrize(
    "function",
    [
        unannotated,
        two_payloads,
        positional,
        stars,
        keywords,
        yields,
        yields_async,
        unresolved,
        misspelled,
        nonsense,
        impossible,
        impossible_reply,
        ended,
        whole_frame,
    ],
    ids=lambda function: function.__name__,
)
def test_impossible_handlers(function: Callable[..., Any]) -> None:
    router = Router()
    message = refused(lambda: router.route("a")(function), router)
    assert names(message, function.__name__)
    message = refused(lambda: router.default(function), router)
    assert names(message, function.__name__)


def test_two_payloads_are_named() -> None:
    message = refused(lambda: Router().route("a")(two_payloads))
    assert "two payload parameters, 'payload' and 'more'" in message
    assert "The user is connection.user" in message


class Thing:
    """Nothing that pydantic knows."""


def test_a_payload_that_pydantic_does_not_know_is_spelled_out() -> None:
    def take(payload: Thing) -> None: ...

    message = refused(lambda: Router().route("a")(take))
    assert "pydantic takes no Thing as a payload" in message


@pytest.mark.parametrize("declare", ["connect", "disconnect"])
@pytest.mark.parametrize("function", [handler, unannotated, unresolved, yields, stars])
def test_impossible_hooks(declare: str, function: Callable[..., Any]) -> None:
    router = Router()
    message = refused(lambda: getattr(router, declare)(function), router)
    assert names(message, function.__name__)


def test_hooks_say_what_is_possible() -> None:
    def opened(message: Message) -> None: ...

    message = refused(lambda: Router().connect(opened))
    assert "'message' cannot be filled here. Possible are: connection, request" in (
        message
    )


@pytest.mark.parametrize("function", [7, None, Watch, "handler"])
def test_what_is_no_function(function: Any) -> None:
    router = Router()
    refused(lambda: router.route("a")(function), router)
    refused(lambda: router.connect(function), router)
    refused(lambda: router.middleware(function), router)


def test_an_object_is_named_by_its_call() -> None:
    class Handler:
        def __call__(self, payload):  # type: ignore[no-untyped-def]
            ...

    message = refused(lambda: Router().route("a")(Handler()))
    assert __file__ in message
    assert "Handler" in message


def test_a_wrapped_function_is_named_by_its_own_name() -> None:
    @functools.wraps(two_payloads)
    def wrapper(*args: Any, **options: Any) -> None: ...

    message = refused(lambda: Router().route("a")(wrapper))
    assert names(message, "two_payloads")


def test_annotations_that_are_strings_and_missing() -> None:
    message = refused(lambda: Router().route("a")(postponed.local_payload()))
    assert "cannot be resolved" in message
    assert "postponed.py" in message


# Exception handlers and middleware


@pytest.mark.parametrize("kind", [BaseException, int, (ValueError,), ValueError()])
def test_exception_handlers_are_for_exceptions(kind: Any) -> None:
    refused(lambda: Router().exception_handler(kind))


def on_value_error(error: ValueError) -> None: ...
def on_value_error_again(error: ValueError) -> None: ...


def test_exception_handler_twice() -> None:
    router = Router()
    router.exception_handler(ValueError)(on_value_error)
    message = refused(
        lambda: router.exception_handler(ValueError)(on_value_error_again), router
    )
    assert names(message, "on_value_error", "on_value_error_again")


def test_an_exception_handler_takes_no_payload() -> None:
    router = Router()
    message = refused(lambda: router.exception_handler(ValueError)(handler), router)
    assert names(message, "handler")


def without_next(frame: Frame) -> None: ...
def with_more(frame: Frame, call_next: Any, more: Any) -> None: ...
def keyword_only(frame: Frame, *, call_next: Any) -> None: ...
def yielding(frame: Frame, call_next: Any) -> Iterator[None]:
    yield


@pytest.mark.parametrize("function", [without_next, with_more, keyword_only, yielding])
def test_impossible_middleware(function: Callable[..., Any]) -> None:
    router = Router()
    message = refused(lambda: router.middleware(function), router)
    assert names(message, function.__name__)
