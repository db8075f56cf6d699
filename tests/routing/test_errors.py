"""What a client reads when a handler raises."""

from collections.abc import Callable
from datetime import date
from decimal import Decimal
from typing import Any

import orjson
import pytest

from tests.routing.builders import Gateway, Missing, Run
from wsrouter import Connection, Frame, MessageError, Reject, Router
from wsrouter.wire.limits import MESSAGE_BYTES


class OutOfStock(Exception): ...


class SoldOut(OutOfStock): ...


def raising(error: BaseException) -> Router:
    router = Router()

    @router.route("a")
    def handler() -> None:
        raise error

    return router


def error_of(router: Router, run: Run | None = None) -> dict[str, Any]:
    gateway = Gateway(router, run=run) if run else Gateway(router)
    frame = gateway.send({"action": "a", "id": "7"})
    assert (frame["type"], frame["action"], frame["id"]) == ("error", "a", "7")
    error: dict[str, Any] = frame["error"]
    return error


CRASH = {"code": "internal_error", "message": "Something went wrong.", "retry": False}


def test_a_message_error() -> None:
    error = MessageError("sold_out", "Come back.", retry=True, detail={"left": 0})
    assert error_of(raising(error)) == {
        "code": "sold_out",
        "message": "Come back.",
        "retry": True,
        "detail": {"left": 0},
    }


@pytest.mark.parametrize(
    ("detail", "sent"),
    [
        (date(2026, 1, 2), "2026-01-02"),
        (Decimal("1.10"), "1.10"),
        ({3}, [3]),
        (b"bytes", "bytes"),
        (2**80, 2**80),
        (float("nan"), None),
        ({"at": float("inf")}, {"at": None}),
        ({(1, 2): {None: 3}}, {"1,2": {"None": 3}}),
        (Missing, str(Missing)),
        (ValueError("x"), "x"),
        (0, 0),
        ([], []),
    ],
)
def test_details_that_json_does_not_know(detail: Any, sent: Any) -> None:
    assert error_of(raising(MessageError("x", detail=detail)))["detail"] == sent


class Unprintable:
    def __str__(self) -> str:
        raise ValueError("secret")


circle: list[Any] = []
circle.append(circle)


@pytest.mark.parametrize("detail", [circle, Unprintable(), "\ud800", {"x": "\udfff"}])
def test_a_detail_that_nothing_can_be_made_of(detail: Any) -> None:
    error = error_of(raising(MessageError("x", "Still said.", detail=detail)))
    assert error == {"code": "x", "message": "Still said.", "retry": False}


class Lazy:
    """As Django's `gettext_lazy` gives: no str, but it can become one."""

    def __str__(self) -> str:
        return "Übersetzt"


@pytest.mark.parametrize(
    ("message", "sent"), [(Lazy(), "Übersetzt"), ("a\ud800b", "a?b"), (404, "404")]
)
def test_messages_that_are_no_text(message: Any, sent: str) -> None:
    assert error_of(raising(MessageError("x", message)))["message"] == sent


@pytest.mark.parametrize(
    "error",
    [
        MessageError("x", "Short.", retry=True, detail=["é" * MESSAGE_BYTES]),
        MessageError("x", "é" * MESSAGE_BYTES),
        MessageError("é" * MESSAGE_BYTES),
        MessageError("x", '"' * MESSAGE_BYTES, detail='"' * MESSAGE_BYTES),
    ],
    ids=["detail", "message", "code", "escapes"],
)
def test_an_error_that_is_too_large(error: MessageError) -> None:
    answer = Gateway(raising(error)).raw(b'{"action": "a", "id": "7"}')
    assert len(answer.body) <= MESSAGE_BYTES
    sent = orjson.loads(answer.body)
    assert sent["error"]["code"] == error.code[:128]
    assert sent["error"]["message"] == error.message[:1024]
    assert sent["error"]["retry"] == error.retry
    assert sent["id"] == "7"


@pytest.mark.parametrize(
    "error", [ValueError("secret"), KeyError(), StopIteration("secret"), Reject(401)]
)
def test_a_crash_leaks_nothing(error: Exception, run: Run) -> None:
    gateway = Gateway(raising(error), run=run)
    assert gateway.send({"action": "a"}) == {
        "type": "error",
        "action": "a",
        "error": CRASH,
    }
    (crash,) = gateway.crashes
    assert error in (crash, crash.__cause__)
    assert crash.__traceback__


def test_what_is_not_an_exception_ends_the_process() -> None:
    with pytest.raises(KeyboardInterrupt):
        Gateway(raising(KeyboardInterrupt())).call("a")


def test_a_known_error(run: Run) -> None:
    error = {"code": "not_found", "message": "Not there.", "retry": False}
    assert error_of(raising(Missing()), run) == error


# Exception handlers


def said(code: str) -> Callable[[Exception], MessageError]:
    def handle(error: Exception) -> MessageError:
        return MessageError(code, type(error).__name__)

    return handle


def test_an_exception_handler(run: Run) -> None:
    router, seen = raising(SoldOut()), []

    @router.exception_handler(OutOfStock)
    async def sold_out(frame: Frame, error: OutOfStock) -> MessageError:
        seen.append((error, frame.connection_id))
        return MessageError("sold_out", retry=True)

    error = error_of(router, run)
    assert (error["code"], error["retry"]) == ("sold_out", True)
    assert [(type(e), c) for e, c in seen] == [(SoldOut, "c1=")]


def test_the_nearest_ancestor_of_a_router() -> None:
    router = raising(SoldOut())
    router.exception_handler(Exception)(said("exception"))
    router.exception_handler(OutOfStock)(said("out_of_stock"))
    router.exception_handler(KeyError)(said("key_error"))
    assert error_of(router)["code"] == "out_of_stock"


def test_the_nearest_router_first() -> None:
    root, inner = Router(), raising(SoldOut())
    root.include(inner)
    root.exception_handler(SoldOut)(said("root"))
    assert error_of(root)["code"] == "root"
    inner.exception_handler(Exception)(said("inner"))
    assert error_of(root)["code"] == "inner"


def test_a_router_beside_it_has_no_say() -> None:
    root, beside = Router(), Router()
    root.include(raising(SoldOut()))
    root.include(beside)
    beside.exception_handler(SoldOut)(said("beside"))
    assert error_of(root) == CRASH


def test_a_handler_of_every_exception_leaves_answers_alone() -> None:
    """Else it would turn every invalid payload into the same error."""
    for error, code in [(MessageError("own"), "own"), (Missing(), "not_found")]:
        router = raising(error)
        router.exception_handler(Exception)(said("everything"))
        assert error_of(router)["code"] == code
    router = raising(ValueError())
    router.exception_handler(Exception)(said("everything"))
    assert error_of(router)["code"] == "everything"


def test_answers_can_be_handled_by_their_own_name() -> None:
    router = raising(Missing())
    router.exception_handler(Missing)(said("gone"))
    assert error_of(router)["code"] == "gone"
    router = raising(MessageError("x"))
    router.exception_handler(MessageError)(said("translated"))
    assert error_of(router)["code"] == "translated"


def test_a_handler_may_raise_the_answer() -> None:
    router = raising(SoldOut())

    @router.exception_handler(SoldOut)
    def handle(error: SoldOut) -> MessageError:
        raise MessageError("raised") from error

    assert error_of(router)["code"] == "raised"


@pytest.mark.parametrize("returned", [None, "sold out", MessageError, Reject(404)])
def test_a_handler_that_returns_no_error(returned: Any) -> None:
    router = raising(SoldOut())
    router.exception_handler(SoldOut)(lambda: returned)
    gateway = Gateway(router)
    assert gateway.call("a") == "internal_error"
    assert len(gateway.crashes) == 1


def test_a_handler_that_crashes(run: Run) -> None:
    router = raising(SoldOut("first"))

    @router.exception_handler(SoldOut)
    def handle(error: SoldOut) -> MessageError:
        raise KeyError("second") from error

    gateway = Gateway(router, run=run)
    assert gateway.call("a") == "internal_error"
    (crash,) = gateway.crashes
    assert isinstance(crash, KeyError)
    assert isinstance(crash.__cause__, SoldOut)


def test_a_failing_look_up() -> None:
    router = Router()

    @router.route("a")
    def handler(connection: Connection) -> None: ...

    gateway = Gateway(router)

    def unknown(frame: Frame) -> Connection:
        raise MessageError("connection_unknown", "Connect again.")

    object.__setattr__(gateway.messages, "lookup", unknown)
    assert gateway.call("a") == "connection_unknown"
