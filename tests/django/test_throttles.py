"""Throttled routes, counted in Django's cache."""

import time
from collections.abc import Iterator
from typing import Any

import pytest
from django.core.cache import cache
from django.test import override_settings

from tests.django.conftest import InThreads
from tests.django.events import Gateway, serving
from wsrouter import Connection, Router

router = Router()


@router.route("connection", throttle="2/m")
def of_connection() -> None: ...


@router.route("ip", throttle="2/m per ip")
async def of_ip() -> None: ...


@router.route("user", throttle="2/m per user")
def of_user(connection: Connection) -> None: ...


@pytest.fixture(autouse=True)
def _served(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    cache.clear()
    monkeypatch.setattr(time, "time", lambda: 1_800_000_015.0)
    with serving(router):
        yield
    cache.clear()


def kinds(gateway: Gateway, action: str, times: int) -> list[str]:
    frames = [gateway.send(action, id="1") for _ in range(times)]
    return [each.get("error", {}).get("code", each["type"]) for each in frames]


def test_a_connection_has_its_own_count() -> None:
    one, two = Gateway(), Gateway()
    assert kinds(one, "connection", 3) == ["reply", "reply", "throttled"]
    assert kinds(two, "connection", 2) == ["reply", "reply"]


def test_the_error_says_when_to_try_again() -> None:
    gateway = Gateway()
    kinds(gateway, "connection", 2)
    error = gateway.send("connection")["error"]
    assert (error["retry"], error["detail"]) == (True, {"retry_after": 45.0})


def test_the_next_window_begins_at_zero(monkeypatch: pytest.MonkeyPatch) -> None:
    gateway = Gateway()
    kinds(gateway, "connection", 3)
    monkeypatch.setattr(time, "time", lambda: 1_800_000_060.0)
    assert kinds(gateway, "connection", 1) == ["reply"]


def test_connections_from_one_address_share_a_count() -> None:
    assert kinds(Gateway(), "ip", 2) == ["reply", "reply"]
    assert kinds(Gateway(), "ip", 1) == ["throttled"]
    assert kinds(Gateway(sourceIp="2001:db8::1"), "ip", 1) == ["reply"]


@pytest.mark.django_db
def test_connections_of_one_user_share_a_count(user: Any, other: Any) -> None:
    one, two, bob = Gateway(), Gateway(), Gateway()
    for gateway, who in ((one, user), (two, user), (bob, other)):
        gateway.connect(who)
    assert kinds(one, "user", 2) == ["reply", "reply"]
    assert kinds(two, "user", 1) == ["throttled"]
    assert kinds(bob, "user", 1) == ["reply"]


def test_threads_are_counted_one_by_one(in_threads: InThreads) -> None:
    gateway = Gateway()

    def send(number: int) -> str:
        return kinds(Gateway(gateway.id), "connection", 1)[0]

    assert sorted(in_threads(8, send)) == ["reply"] * 2 + ["throttled"] * 6


@override_settings(
    CACHES={"default": {"BACKEND": "django.core.cache.backends.dummy.DummyCache"}}
)
def test_a_cache_that_keeps_nothing_lets_everything_through() -> None:
    assert kinds(Gateway(), "connection", 4) == ["reply"] * 4
