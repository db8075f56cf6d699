"""`route(..., errors=...)`: a route is held to the errors that it declares."""

import logging
from decimal import Decimal
from typing import Any

import pytest
from django.http import Http404
from django.test import override_settings
from pydantic import BaseModel, Field

from tests.django.events import Gateway, serving
from wsrouter import DeclarationError, MessageError, Router
from wsrouter.errors import UndeclaredError
from wsrouter.testing import ErrorFrame, WebSocketClient

router = Router()
raised: list[Exception] = []


class LimitDetail(BaseModel):
    limit: int


class StockDetail(BaseModel):
    item: str = Field(serialization_alias="name")
    left: int = 0


class Stock:
    item = "tea"
    left = Decimal(1)


def fail() -> None:
    raise raised[-1]


router.route("strict", errors=["sold_out", ("limit", LimitDetail)])(fail)
router.route("stock", errors=[("few", StockDetail)])(fail)
router.route("closed", errors=[])(fail)
router.route("free")(fail)

DECLARED = [
    ("strict", MessageError("sold_out")),
    ("strict", MessageError("limit", detail={"limit": 3})),
    ("strict", MessageError("limit", detail=LimitDetail(limit=3))),
    ("strict", MessageError("malformed_frame")),
    ("free", MessageError("anything")),
    ("free", Http404()),
]
UNDECLARED = [
    ("strict", MessageError("limit"), "detail of 'limit' is no LimitDetail: Input"),
    ("strict", MessageError("limit", detail={"limit": "x"}), "Detail: limit: Input"),
    ("strict", MessageError("sold"), "do not list the code 'sold'"),
    ("strict", Http404(), "do not list the code 'not_found'"),
    ("closed", MessageError("sold_out"), "do not list the code 'sold_out'"),
]

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("_serving")]


@pytest.fixture
def _serving() -> Any:
    with serving(router):
        yield


def code_of(raise_exceptions: bool, action: str) -> str:
    with (
        WebSocketClient(raise_exceptions=raise_exceptions) as client,
        pytest.raises(ErrorFrame) as failed,
    ):
        client.call(action)
    return failed.value.code


@pytest.mark.parametrize(("action", "error"), DECLARED)
def test_declared_errors_are_answered(action: str, error: Exception) -> None:
    raised.append(error)
    assert code_of(True, action) == getattr(error, "code", "not_found")


@pytest.mark.parametrize(("action", "error", "why"), UNDECLARED)
def test_the_test_client_raises_undeclared_errors(
    action: str, error: Exception, why: str
) -> None:
    raised.append(error)
    with WebSocketClient() as client, pytest.raises(UndeclaredError, match=why) as told:
        client.call(action)
    assert "test_declared_errors.py" in str(told.value)
    assert code_of(False, action) == getattr(error, "code", "not_found")


@pytest.mark.parametrize(
    ("detail", "answered"),
    [
        ({"item": "tea"}, {"name": "tea", "left": 0}),
        (StockDetail(item="tea"), {"name": "tea", "left": 0}),
        (Stock(), {"name": "tea", "left": 1}),
        ({"tea": 1}, {"tea": 1}),
    ],
)
def test_a_detail_is_what_the_documents_say(detail: Any, answered: Any) -> None:
    """One that does not fit is answered as it is."""
    raised.append(MessageError("few", detail=detail))
    with (
        WebSocketClient(raise_exceptions="tea" not in answered) as client,
        pytest.raises(ErrorFrame) as failed,
    ):
        client.call("stock")
    assert failed.value.error["detail"] == answered


@pytest.mark.parametrize(("debug", "times"), [(True, 1), (False, 0)])
def test_debug_warns_once_of_a_code_and_route(
    debug: bool, times: int, caplog: pytest.LogCaptureFixture
) -> None:
    raised.append(MessageError("sold"))
    with override_settings(DEBUG=debug), caplog.at_level(logging.WARNING):
        gateway = Gateway()
        assert gateway.connect().status_code == 200
        frames = [gateway.send("strict", id="1") for _ in range(2)]
    assert [frame["error"]["code"] for frame in frames] == ["sold", "sold"]
    warnings = [
        record.getMessage()
        for record in caplog.records
        if record.name == "wsrouter.request"
    ]
    assert len(warnings) == times
    assert all("'sold'" in warning for warning in warnings)


@pytest.mark.parametrize(
    "errors", [["a", "a"], [("a", int, int)], [7], [""], [("a", object())]]
)
def test_declarations_that_cannot_be(errors: Any) -> None:
    with pytest.raises(DeclarationError, match=r"test_declared_errors\.py"):
        Router().route("x", errors=errors)(fail)
