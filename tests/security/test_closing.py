"""Sockets are closed after the response, side by side and within a time: whatever
`@connections` does, a logout does not wait for it."""

import socket
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from statistics import median
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.test import Client, override_settings
from django.utils import timezone

from tests.local.recording_backend import wait_until
from tests.security.served import SETTINGS, Ended
from wsrouter import connections
from wsrouter.identity import session_hashes
from wsrouter.models import Membership, OpenConnection
from wsrouter.wiring import closing, outgoing, process_threads
from wsrouter.wiring.outgoing import Closing

pytestmark = [pytest.mark.database, pytest.mark.usefixtures("shared_database")]
ALLOWED_SECONDS = 1.0
"""A logout that waited for this gateway would take much longer. What it really costs is
a measurement: 0.1 s at most on a quiet machine."""


@contextmanager
def hanging() -> Iterator[str]:
    """The URL of a server that accepts and never answers."""
    with socket.create_server(("127.0.0.1", 0), backlog=512) as server:
        yield f"http://127.0.0.1:{server.getsockname()[1]}/production"


def logged_in(user: User, sockets: int, *, age_seconds: int = 60) -> Client:
    """A browser with so many connections of its session."""
    User.objects.filter(pk=user.pk).update(is_staff=True)
    browser = Client()
    browser.force_login(user)
    session_hash = session_hashes(browser.session.session_key)[0]
    now = timezone.now()
    rows = [
        OpenConnection(
            connection_id=f"{user.pk}-{session_hash[:8]}-{number}",
            user=user,
            auth_hash=user.get_session_auth_hash(),
            session_hash=session_hash,
            gateway="default",
            api_id="abc123defg",
            stage="production",
            connected_at=now,
            expires_at=now + timedelta(hours=2),
        )
        for number in range(sockets)
    ]
    OpenConnection.objects.bulk_create(rows)
    OpenConnection.objects.update(stored_at=now - timedelta(seconds=age_seconds))
    members = [Membership.of(row, "all") for row in OpenConnection.objects.all()]
    Membership.objects.bulk_create(members, ignore_conflicts=True)
    return browser


def seconds_of_logout(browser: Client) -> float:
    """With the close of its response, in which a server's worker is still busy."""
    begin = time.perf_counter()
    assert browser.post("/admin/logout/").status_code == 200
    return time.perf_counter() - begin


@pytest.mark.parametrize("sockets", [1, 300])
def test_a_logout_does_not_wait_for_a_gateway_that_hangs(
    sockets: int, user: User
) -> None:
    with hanging() as url:
        entry = SETTINGS | {"MANAGEMENT_ENDPOINT": url, "REGION": "eu-west-1"}
        with override_settings(WSROUTER={"default": entry}):
            logged_in(user, 0).post("/admin/logout/")
            without = [seconds_of_logout(logged_in(user, 0)) for _ in range(5)]
            seconds = []
            for _ in range(3):
                seconds.append(seconds_of_logout(logged_in(user, sockets)))
                begin = time.perf_counter()
                process_threads.closings().close()
                assert time.perf_counter() - begin < closing.SECONDS + 1
            assert median(seconds) - median(without) < ALLOWED_SECONDS
    left = OpenConnection.objects.all()
    assert left.count() == sockets * 3
    assert not left.filter(expires_at__gt=timezone.now()).exists()


def test_sockets_are_closed_side_by_side(
    user: User, monkeypatch: pytest.MonkeyPatch, ended: list[Ended]
) -> None:
    under_way, most = 0, 0
    lock = threading.Lock()

    def close(address: Any) -> Closing:
        nonlocal under_way, most
        with lock:
            under_way += 1
            most = max(most, under_way)
        time.sleep(0.02)
        with lock:
            under_way -= 1
        return Closing.CLOSED

    monkeypatch.setattr(outgoing, "close", close)
    with override_settings(WSROUTER={"default": SETTINGS}):
        logged_in(user, 100)
        connections.end(user)
        wait_until(lambda: not OpenConnection.objects.exists())
        process_threads.closings().close()
    assert 10 < most <= closing.PARALLEL
    assert {each.cause for each in ended} == {"ended"}
    assert len(ended) == 100


def test_the_sockets_are_closed_when_the_session_is_gone(
    user: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    alive: list[bool] = []
    with override_settings(WSROUTER={"default": SETTINGS}):
        browser = logged_in(user, 2)
        session = browser.session

        def close(address: Any) -> Closing:
            alive.append(session.exists(key))
            return Closing.CLOSED

        key = session.session_key
        monkeypatch.setattr(outgoing, "close", close)
        monkeypatch.setattr(process_threads, "has_threads", lambda: False)
        assert browser.post("/admin/logout/").status_code == 200
    assert alive == [False, False]
    assert not OpenConnection.objects.exists()


def test_a_socket_whose_handshake_is_not_done_is_closed_once_it_is(
    user: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    """API Gateway does not know it yet: 410 does not mean that it is gone."""
    answers = iter([Closing.NOT_OPEN, Closing.NOT_OPEN, Closing.CLOSED])
    monkeypatch.setattr(outgoing, "close", lambda address: next(answers))
    with override_settings(WSROUTER={"default": SETTINGS}):
        logged_in(user, 1, age_seconds=0)
        connections.end(user)
        wait_until(lambda: not OpenConnection.objects.exists())
        process_threads.closings().close()
    assert list(answers) == []


def test_a_socket_that_does_not_open_in_time_is_left_to_the_sweep(
    user: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(outgoing, "close", lambda address: Closing.NOT_OPEN)
    monkeypatch.setattr(closing, "SECONDS", 0.5)
    with override_settings(WSROUTER={"default": SETTINGS}):
        logged_in(user, 1, age_seconds=0)
        connections.end(user)
        process_threads.closings().close()
        assert OpenConnection.objects.count() == 1
        then = timezone.now() - timedelta(minutes=1)
        OpenConnection.objects.update(stored_at=then)
        assert connections.end_stale() == 1
    assert not OpenConnection.objects.exists()
