"""Mails to ADMINS: one of each kind of crash in an interval, and a log line of each."""

import logging
from collections.abc import Iterator
from typing import Any

import pytest
from django.core import mail
from django.core.cache import cache
from django.test import override_settings
from django.utils.log import AdminEmailHandler

from tests.django.entry_points import ENTRY_POINTS, EntryPoint
from tests.django.events import CONTEXT, Gateway, serving
from wsrouter import Router
from wsrouter.wiring import crash_mails

pytestmark = [
    # Django 6.1 asks for MAILERS and plain addresses, which Django 5.2 refuses.
    pytest.mark.filterwarnings("ignore:Django .* will not have a default mailer"),
    pytest.mark.filterwarnings("ignore:Using .name, address. pairs in the ADMINS"),
    pytest.mark.database,
    pytest.mark.usefixtures("shared_database"),
]
router = Router()


@router.connect
def opened() -> None:
    raise LookupError


@router.route("a")
def a(payload: str) -> None:
    if payload == "key":
        raise KeyError
    raise RuntimeError(payload)


@router.route("b")
async def b() -> None:
    raise RuntimeError


@pytest.fixture(params=list(ENTRY_POINTS))
def gateway(request: pytest.FixtureRequest) -> Gateway:
    entry_point: EntryPoint = ENTRY_POINTS[request.param]()
    return Gateway(http=entry_point)  # type: ignore[arg-type]


@pytest.fixture(autouse=True)
def _mailing() -> Iterator[None]:
    """Django's own handler, as LOGGING of a project has it."""
    handler = AdminEmailHandler()
    handler.setLevel(logging.ERROR)
    loggers = [logging.getLogger(name) for name in ("wsrouter", "django.request")]
    for logger in loggers:
        logger.addHandler(handler)
    cache.clear()
    crash_mails.limit()
    with override_settings(ADMINS=[("Ada", "ada@example.com")]), serving(router):
        yield
    for logger in loggers:
        logger.removeHandler(handler)


def subjects() -> list[str]:
    found = [message.subject for message in mail.outbox]
    mail.outbox.clear()
    return [subject.partition("): ")[2] for subject in found]


def test_a_flood_of_one_crash_is_one_mail(
    gateway: Gateway, caplog: pytest.LogCaptureFixture
) -> None:
    for number in range(5):
        gateway.send("a", f"text {number}")
    (subject,) = subjects()
    assert subject.startswith("MESSAGE a failed (connection ")
    gateway.send("a", "key")
    gateway.send("b")
    assert len(subjects()) == 2
    assert len(caplog.records) == 7
    for record in caplog.records:
        found: Any = vars(record)
        ids = [found[f"{name}_id"] for name in ("connection", "request", "message")]
        assert ids == [gateway.id, CONTEXT["requestId"], CONTEXT["messageId"]]
        assert all(one in record.getMessage() for one in ids)
        assert record.exc_info


def test_answers_of_500_are_not_mailed_each(
    gateway: Gateway, caplog: pytest.LogCaptureFixture
) -> None:
    with serving(router, CRASH_STATUS=500):
        for _ in range(3):
            assert gateway.text("b").status_code == 500
            assert gateway.connect().status_code == 500
    assert sorted(text.partition(" (")[0] for text in subjects()) == [
        "CONNECT $connect failed",
        "Internal Server Error: /ws/",
        "MESSAGE b failed",
    ]
    assert len(caplog.records) == 12


def test_another_interval(gateway: Gateway) -> None:
    with serving(router, CRASH_MAIL_INTERVAL=0):
        for _ in range(3):
            gateway.send("b")
    assert len(subjects()) == 3


def test_a_cache_that_fails_mails(
    gateway: Gateway, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(*_: object) -> None:
        raise ConnectionError

    monkeypatch.setattr(type(cache._connections[cache._alias]), "add", broken)  # type: ignore[attr-defined]
    for _ in range(2):
        gateway.send("b")
    assert len(subjects()) == 2


def test_the_handlers_of_the_settings_are_limited() -> None:
    """Django's default LOGGING mails what is logged below `django`."""
    found = [
        handler.filters
        for handler in logging.getLogger("django").handlers
        if isinstance(handler, AdminEmailHandler)
    ]
    assert [crash_mails._is_due in filters for filters in found] == [True]


def test_records_of_others_are_theirs() -> None:
    for name in ("shop", "django.request", "wsrouterx"):
        for _ in range(2):
            record = logging.LogRecord(name, logging.ERROR, "", 1, "no", (), None)
            assert crash_mails._is_due(record)
