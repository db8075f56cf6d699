"""What an error held is given back with its answer, without the garbage collector."""

import gc
import weakref
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from tests.routing.builders import Gateway, Missing, Run, in_sync
from wsrouter import MessageError, Router


class Held:
    """Something that a handler works with."""


@pytest.fixture(autouse=True)
def without_collector() -> Iterator[None]:
    gc.disable()
    yield
    gc.enable()


def remains(router: Router, run: Run, error: Callable[[], Exception]) -> Any:
    held: list[weakref.ref[Held]] = []

    def failing() -> None:
        own = Held()
        held.append(weakref.ref(own))
        raise error()

    async def afailing() -> None:
        failing()

    # asgiref, which takes a handler to the other world, is not looked at.
    router.route("a")(failing if run is in_sync else afailing)
    gateway = Gateway(router, run=run)
    assert gateway.send({"action": "a", "id": "7"})["type"] == "error"
    gateway.crashes.clear()
    [ref] = held
    return ref()


@pytest.mark.parametrize("error", [lambda: MessageError("x"), Missing])
def test_an_error_that_is_answered(error: Callable[[], Exception], run: Run) -> None:
    assert remains(Router(), run, error) is None


def test_a_crash() -> None:
    """Which a thread of asgiref reports in an async world."""
    assert remains(Router(), in_sync, RuntimeError) is None


def test_an_exception_handler_that_raises(run: Run) -> None:
    router = Router()

    def failing(error: Missing) -> MessageError:
        raise MessageError("x")

    async def afailing(error: Missing) -> MessageError:
        raise MessageError("x")

    answering = failing if run is in_sync else afailing
    router.exception_handler(Missing)(answering)
    assert remains(router, run, Missing) is None


def test_an_error_inside_a_middleware(run: Run) -> None:
    router = Router()

    def around(frame: Any, call_next: Any) -> Any:
        return call_next(frame)

    async def aaround(frame: Any, call_next: Any) -> Any:
        return await call_next(frame)

    router.middleware(around if run is in_sync else aaround)
    assert remains(router, run, Missing) is None
