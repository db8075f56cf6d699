"""Why somebody was refused: the log says it, seldom, and without secrets."""

from collections.abc import Iterator
from typing import Any

import pytest
from django.test import override_settings

from tests.django.events import SECRET, Gateway
from tests.security.served import SETTINGS
from wsrouter.auth import security_log

WEAK = {"SECRET": "short", "ROUTER": SETTINGS["ROUTER"]}


@pytest.fixture(autouse=True)
def _served() -> Iterator[None]:
    with override_settings(WSROUTER={"default": SETTINGS, "weak": WEAK}):
        yield


def said(caplog: pytest.LogCaptureFixture) -> list[str]:
    records = [each for each in caplog.records if each.name == "wsrouter.security"]
    return [each.getMessage() for each in records]


@pytest.mark.parametrize(
    ("sent", "reason"),
    [
        ({"secret": ""}, "has no X-Wsrouter-Secret. It does not come from API Gateway"),
        (
            {"secret": "guess"},
            "'default': a request was refused: its X-Wsrouter-Secret",
        ),
        ({"alias": "weak", "secret": "short"}, "'weak' refuses everything"),
        ({"alias": "shop"}, "WSROUTER has no gateway 'shop', only: default, weak"),
        ({"alias": "x" * 999}, f"no gateway '{'x' * 64}', only"),
    ],
)
def test_the_log_says_why_and_the_client_learns_nothing(
    sent: Any, reason: str, caplog: pytest.LogCaptureFixture
) -> None:
    for _ in range(3):
        response = Gateway(**sent).text("who")
        assert (response.status_code, response.content) == (403, b"")
    (message,) = said(caplog)
    assert reason in message
    for private in (SECRET, "guess", "short"):
        assert private not in caplog.text


def test_headers_that_cannot_be_are_named(caplog: pytest.LogCaptureFixture) -> None:
    for _ in range(3):
        assert Gateway("x, y").text("who").status_code == 400
    assert said(caplog) == [
        "A request was answered 400: X-Wsrouter-Connection-Id was sent twice."
    ]


def test_a_minute_later_it_is_said_again(
    caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    now = [0.0]
    monkeypatch.setattr(security_log, "monotonic", lambda: now[0])
    for now[0] in (0.0, 59.0, 60.0, 61.0):
        Gateway(secret="guess").text("who")
    assert len(said(caplog)) == 2


def test_a_flood_of_new_reasons_is_cut_off(
    caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    now = [0.0]
    monkeypatch.setattr(security_log, "monotonic", lambda: now[0])
    for number in range(300):
        Gateway(alias=f"x{number}").text("who")
    assert len(said(caplog)) == security_log.MAX_VARIANTS
    Gateway(secret="guess").text("who")
    assert "is none of the SECRETs" in said(caplog)[-1]
    now[0] = 60.0
    Gateway(alias="y").text("who")
    assert len(said(caplog)) == security_log.MAX_VARIANTS + 2
