"""Sessions of every engine, and what is kept of them."""

from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.test import Client, override_settings
from django.utils import timezone

from tests.security.endings import Socket, is_gone
from tests.security.served import SETTINGS
from wsrouter.models import OpenConnection, Ticket
from wsrouter.testing import WebSocketClient

pytestmark = [pytest.mark.database, pytest.mark.django_db]


@pytest.fixture(autouse=True)
def _served() -> Iterator[None]:
    with override_settings(WSROUTER={"default": SETTINGS}):
        yield


@pytest.mark.parametrize("slides", [False, True])
def test_a_session_that_does_not_slide_ends_when_it_says(
    slides: bool, browser: Client, settings: Any
) -> None:
    """Django would count its two weeks from now."""
    settings.SESSION_SAVE_EVERY_REQUEST = slides
    session = browser.session
    soon = timezone.now() + timedelta(minutes=3)
    session.model.objects.update(expire_date=soon)
    Socket(browser).open()
    row = OpenConnection.objects.get()
    if slides:
        assert row.expires_at > timezone.now() + timedelta(hours=2)
    else:
        assert row.expires_at == soon


@pytest.mark.parametrize("engine", ["cache", "cached_db", "file", "signed_cookies"])
def test_every_session_engine_logs_out(
    engine: str, user: User, other: User, settings: Any, tmp_path: Any
) -> None:
    settings.SESSION_ENGINE = f"django.contrib.sessions.backends.{engine}"
    settings.SESSION_FILE_PATH = str(tmp_path)
    browser = Client()
    assert browser.login(username="ada", password="analytical")
    socket, bystander = Socket(browser).open(), WebSocketClient(other).connect()
    assert socket.call("who") == "ada"
    browser.logout()
    assert socket.frames == []
    assert is_gone(socket)
    assert not is_gone(bystander)


def test_a_logout_after_a_new_secret_key_finds_its_connections(
    browser: Client, settings: Any
) -> None:
    """Django gives the session another key then."""
    User.objects.update(is_staff=True)
    socket = Socket(browser).open()
    settings.SECRET_KEY_FALLBACKS = [settings.SECRET_KEY]
    settings.SECRET_KEY = "another"
    assert browser.post("/admin/logout/").status_code == 200
    assert socket.frames == []
    assert is_gone(socket)


def test_no_session_key_is_stored(browser: Client) -> None:
    Socket(browser).open()
    row = OpenConnection.objects.values().get()
    assert browser.session.session_key not in str(row)
    assert row["session_hash"]


def test_tickets_of_a_session_end_with_it(
    browser: Client, django_capture_on_commit_callbacks: Any
) -> None:
    assert browser.post("/ws/ticket/").status_code == 200
    assert Ticket.objects.count() == 1
    with django_capture_on_commit_callbacks(execute=True):
        browser.logout()
    assert not Ticket.objects.exists()
