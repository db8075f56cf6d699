"""What the logs tell, and what they keep to themselves."""

from collections.abc import Iterator

import pytest
from pydantic import BaseModel

from tests.django.events import SECRET, Gateway, serving
from wsrouter import MessageError, Router

router = Router()
PRIVATE = "4111 1111 1111 1111"


class Card(BaseModel):
    number: str
    year: int


@router.route("card")
def card(payload: Card) -> int:
    return payload.number  # type: ignore[return-value]


@router.route("model")
def model(payload: Card) -> Card:
    return {"number": payload.number, "year": payload.number}  # type: ignore[return-value]


@router.route("refuse")
def refuse(payload: Card) -> None:
    raise MessageError("no", payload.number, detail=payload.number)


@router.route("crash")
def crash(payload: Card) -> None:
    raise RuntimeError("The bank is closed.")


@pytest.fixture(autouse=True)
def _served() -> Iterator[None]:
    with serving(router):
        yield


@pytest.mark.parametrize("action", ["card", "model", "refuse", "crash", "no.such"])
def test_no_payload_is_logged(action: str, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level("DEBUG")
    for payload in ({"number": PRIVATE, "year": 1}, {"year": PRIVATE}, PRIVATE):
        Gateway().send(action, payload, id="1")
    assert PRIVATE not in caplog.text
    assert SECRET not in caplog.text


def test_a_wrong_reply_is_told_by_its_place(caplog: pytest.LogCaptureFixture) -> None:
    Gateway().send("model", {"number": PRIVATE, "year": 1})
    assert "year int_parsing" in caplog.text
    assert "test_logs.py" in caplog.text
