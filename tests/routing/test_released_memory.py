"""What an error held is given back with its answer, without the garbage collector."""

import gc
import weakref
from collections.abc import Callable, Iterator
from threading import active_count
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


def remains(
    router: Router,
    run: Run,
    error: Callable[[], Exception],
    *,
    is_sync: bool | None = None,
) -> Any:
    held: list[weakref.ref[Held]] = []

    def failing() -> None:
        own = Held()
        held.append(weakref.ref(own))
        raise error()

    async def afailing() -> None:
        failing()

    here = run is in_sync if is_sync is None else is_sync
    router.route("a")(failing if here else afailing)
    gateway = Gateway(router, run=run)
    assert gateway.send({"action": "a", "id": "7"})["type"] == "error"
    gateway.crashes.clear()
    [ref] = held
    return ref()


@pytest.mark.parametrize("is_sync", [True, False])
@pytest.mark.parametrize("error", [lambda: MessageError("x"), Missing, RuntimeError])
def test_an_error_of_a_handler(
    error: Callable[[], Exception], run: Run, is_sync: bool
) -> None:
    """Also one that asgiref takes to the other world, or reports in a thread."""
    assert remains(Router(), run, error, is_sync=is_sync) is None


def test_an_async_error_leaves_no_thread_in_a_sync_world() -> None:
    before = active_count()
    for _ in range(20):
        remains(Router(), in_sync, lambda: MessageError("x"), is_sync=False)
    assert active_count() < before + 10


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
