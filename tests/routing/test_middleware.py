"""Functions around the handling of a frame."""

import asyncio
import contextvars
import threading
from dataclasses import replace
from typing import Any

import pytest

from tests.routing.builders import Gateway, Run, in_async, in_sync
from wsrouter import Frame, Message, MessageError, Reject, Router
from wsrouter.routing.outcome import Failure, Refused, Reply

tenant: contextvars.ContextVar[str] = contextvars.ContextVar("tenant", default="none")


def noting(seen: list[str], name: str, *, is_async: bool) -> Any:
    def middleware(frame: Frame, call_next: Any) -> Any:
        seen.append(f"{name} in")
        outcome = call_next(frame)
        seen.append(f"{name} out")
        return outcome

    async def amiddleware(frame: Frame, call_next: Any) -> Any:
        seen.append(f"{name} in")
        outcome = await call_next(frame)
        seen.append(f"{name} out")
        return outcome

    return amiddleware if is_async else middleware


@pytest.mark.parametrize("first", [False, True], ids=["sync", "async"])
@pytest.mark.parametrize("second", [False, True], ids=["sync", "async"])
@pytest.mark.parametrize("is_async", [False, True], ids=["def", "async-def"])
def test_order(first: bool, second: bool, is_async: bool, run: Run) -> None:
    seen: list[str] = []
    root, inner = Router(), Router()
    root.include(inner)
    inner.middleware(noting(seen, "inner", is_async=second))
    root.middleware(noting(seen, "first", is_async=first))
    root.middleware(noting(seen, "second", is_async=second))

    def handler() -> str:
        seen.append("handler")
        return "done"

    async def ahandler() -> str:
        await asyncio.sleep(0)
        return handler()

    inner.route("a")(ahandler if is_async else handler)
    assert Gateway(root, run=run).call("a") == "done"
    into = ["first in", "second in", "inner in"]
    out = ["inner out", "second out", "first out"]
    assert seen == [*into, "handler", *out]


def test_only_around_its_own_routes() -> None:
    seen: list[str] = []
    root, inner = Router(), Router()
    root.include(inner)
    inner.middleware(noting(seen, "inner", is_async=False))
    root.route("a")(lambda: None)
    Gateway(root).call("a")
    assert seen == []


def test_around_everything_else_too(run: Run) -> None:
    seen: list[str] = []
    router = Router()
    router.middleware(noting(seen, "around", is_async=False))
    router.default(lambda: None)
    router.connect(lambda: seen.append("opened"))
    router.disconnect(lambda: seen.append("closed"))
    gateway = Gateway(router, run=run)
    gateway.call("anything")
    gateway.connect()
    gateway.disconnect()
    around = ["around in", "around out"]
    opened = ["around in", "opened", "around out"]
    assert seen == [*around, *opened, "around in", "closed", "around out"]


def test_changing_the_frame(run: Run) -> None:
    router = Router()

    @router.middleware
    def unwrap(frame: Frame, call_next: Any) -> Any:
        return call_next(replace(frame, body=frame.body[4:], request_id="changed"))

    @router.route("a")
    def handler(payload: int, message: Message) -> str:
        return f"{payload} {message.request_id}"

    answer = Gateway(router, run=run).send(b'x=1:{"payload": 7, "id": 1}', "a")
    assert (answer["payload"], answer["id"]) == ("7 changed", 1)


def test_answering_in_place_of_the_handler(run: Run) -> None:
    router = Router()

    @router.middleware
    async def closed(frame: Frame, call_next: Any) -> Any:
        return Failure(MessageError("closed", "Not today."), "a", 7)

    @router.route("a")
    def handler() -> None:
        raise AssertionError

    error = {"code": "closed", "message": "Not today.", "retry": False}
    assert Gateway(router, run=run).send({"action": "a"}) == {
        "type": "error",
        "action": "a",
        "id": 7,
        "error": error,
    }


def test_changing_the_outcome() -> None:
    router = Router()
    router.route("a")(lambda: "quiet")

    @router.middleware
    def shout(frame: Frame, call_next: Any) -> Any:
        outcome = call_next(frame)
        assert isinstance(outcome, Reply)
        return replace(outcome, payload=outcome.payload.upper())

    assert Gateway(router).call("a") == "QUIET"


def test_a_failure_is_an_outcome_like_any() -> None:
    router, seen = Router(), []

    @router.route("a")
    def handler() -> None:
        raise MessageError("own")

    @router.middleware
    def watch(frame: Frame, call_next: Any) -> Any:
        outcome = call_next(frame)
        seen.append(outcome.error.code)
        return outcome

    assert Gateway(router).call("a") == "own"
    assert seen == ["own"]


@pytest.mark.parametrize("returned", [None, "reply", {"type": "reply"}, Reply])
def test_what_is_no_outcome_is_our_crash(returned: Any, run: Run) -> None:
    router = Router()
    router.route("a")(lambda: None)

    @router.middleware
    def forgetful(frame: Frame, call_next: Any) -> Any:
        call_next(frame)
        return returned

    gateway = Gateway(router, run=run)
    answer = gateway.send({"action": "a", "id": 7})
    assert (answer["error"]["code"], answer["id"]) == ("internal_error", 7)
    assert "forgetful" in str(gateway.crashes[0])
    assert __file__ in str(gateway.crashes[0])


@pytest.mark.parametrize(
    ("error", "code"),
    [
        (MessageError("own"), "own"),
        (ValueError("secret"), "internal_error"),
        (KeyError(), "handled"),
    ],
)
def test_raising(error: Exception, code: str, run: Run) -> None:
    router = Router()
    router.route("a")(lambda: None)
    router.exception_handler(KeyError)(lambda: MessageError("handled"))

    @router.middleware
    async def failing(frame: Frame, call_next: Any) -> Any:
        raise error

    answer = Gateway(router, run=run).send({"action": "a", "id": 7})
    assert (answer["error"]["code"], answer["id"]) == (code, 7)


def test_around_a_handshake(run: Run) -> None:
    router = Router()

    @router.middleware
    def closed(frame: Frame, call_next: Any) -> Any:
        return Refused(503, "Closed.")

    router.connect(lambda: None)
    answer = Gateway(router, run=run).connect()
    assert (answer.status, answer.body) == (503, b"Closed.")


@pytest.mark.parametrize(
    ("error", "status"), [(Reject(401), 401), (ValueError("secret"), 500)]
)
def test_raising_around_a_handshake(error: Exception, status: int, run: Run) -> None:
    router = Router()
    router.connect(lambda: None)

    @router.middleware
    def failing(frame: Frame, call_next: Any) -> Any:
        raise error

    answer = Gateway(router, run=run).connect()
    assert (answer.status, answer.body) == (status, b"")


def test_a_middleware_that_is_an_object(run: Run) -> None:
    class Around:
        async def __call__(self, frame: Frame, call_next: Any) -> Any:
            return await call_next(frame)

    router = Router()
    router.middleware(Around())
    router.route("a")(lambda: "done")
    assert Gateway(router, run=run).call("a") == "done"


@pytest.mark.parametrize("is_async", [False, True], ids=["sync", "async"])
def test_context_variables_reach_the_handler(is_async: bool, run: Run) -> None:
    router = Router()

    def middleware(frame: Frame, call_next: Any) -> Any:
        tenant.set("blue")
        return call_next(frame)

    async def amiddleware(frame: Frame, call_next: Any) -> Any:
        tenant.set("blue")
        return await call_next(frame)

    router.middleware(amiddleware if is_async else middleware)

    @router.route("def")
    def handler() -> str:
        return tenant.get()

    @router.route("async")
    async def ahandler() -> str:
        return tenant.get()

    context = contextvars.copy_context()
    gateway = Gateway(router, run=run)
    assert context.run(gateway.call, "def") == "blue"
    assert context.run(gateway.call, "async") == "blue"


def test_sync_code_stays_in_its_thread_behind_async_middleware() -> None:
    """Or the handler would not see the transaction that the endpoint has opened."""
    router = Router()
    seen: list[str] = []
    router.middleware(noting(seen, "async", is_async=True))
    router.route("a")(lambda: threading.current_thread().name)
    assert Gateway(router, run=in_sync).call("a") == threading.current_thread().name


def test_sync_handlers_do_not_block_the_loop() -> None:
    router = Router()
    router.route("a")(lambda: threading.current_thread().name)
    assert Gateway(router, run=in_async).call("a") != threading.current_thread().name
