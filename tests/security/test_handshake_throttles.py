"""How many connections an address and a user may open."""

import time
from collections.abc import Iterator
from typing import Any

import pytest
from django.db import connection as database
from django.test import override_settings
from django.test.utils import CaptureQueriesContext

from tests.django.events import Gateway, serving
from tests.security.conftest import InThreads
from tests.security.served import SETTINGS, handshakes
from wsrouter import Router, tickets

pytestmark = [pytest.mark.database, pytest.mark.django_db]


@pytest.fixture(autouse=True)
def _served(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    monkeypatch.setattr(time, "time", lambda: 1_800_000_015.0)
    throttles = ["3/m per ip", "2/m per user"]
    entry = SETTINGS | {"CONNECT_THROTTLE": throttles}
    with override_settings(WSROUTER={"default": entry, "other": entry}):
        yield


def statuses(times: int, user: Any = None, **options: Any) -> list[int]:
    return [Gateway().connect(user, **options).status_code for _ in range(times)]


def test_an_address_opens_so_many() -> None:
    assert statuses(4) == [200, 200, 200, 429]
    assert statuses(1, sourceIp="2001:db8::1") == [200]
    assert statuses(1, alias="other") == [200]


def test_an_ipv6_address_counts_as_its_64_network() -> None:
    network = [f"2001:db8:0:7:{number:x}::{number:x}" for number in range(12)]
    answers = [statuses(1, sourceIp=address)[0] for address in network]
    assert answers == [200] * 3 + [429] * 9
    assert statuses(1, sourceIp="2001:DB8:0:7::") == [429]
    assert statuses(1, sourceIp="2001:db8:0:8::1") == [200]


def test_an_ipv4_address_in_ipv6_form_counts_as_itself() -> None:
    assert statuses(3, sourceIp="192.0.2.7") == [200] * 3
    assert statuses(1, sourceIp="::ffff:192.0.2.7") == [429]
    assert statuses(1, sourceIp="::ffff:192.0.2.8") == [200]


def test_messages_count_by_network_too() -> None:
    router = Router()
    router.route("limited", throttle="2/m per ip")(lambda: "in")
    with serving(router):
        found = [
            Gateway(sourceIp=f"2001:db8::{number}").send("limited")["type"]
            for number in range(1, 5)
        ]
    assert found == ["reply", "reply", "error", "error"]


def test_a_user_opens_so_many_from_wherever(user: Any, other: Any) -> None:
    for number, status in enumerate([200, 200, 429]):
        assert statuses(1, user, sourceIp=f"192.0.2.{number}") == [status]
    assert statuses(1, other, sourceIp="192.0.2.1") == [200]


def test_a_ticket_is_counted_for_its_user(user: Any) -> None:
    for number, status in enumerate([200, 200, 429]):
        query = f"?ticket={tickets.issue(user)['ticket']}"
        assert statuses(1, query=query, sourceIp=f"192.0.2.{number}") == [status]


def test_the_answer_says_when_to_try_again() -> None:
    statuses(3)
    response = Gateway().connect()
    assert response.content == b"Too many connections; try again in 45 s."


def test_an_address_that_is_refused_costs_no_query_and_no_handler(user: Any) -> None:
    statuses(3)
    before = len(handshakes)
    gateway = Gateway()
    gateway.http.cookies["sessionid"] = "0" * 32
    with CaptureQueriesContext(database) as queries:
        assert gateway.connect().status_code == 429
    assert (len(queries), len(handshakes)) == (0, before)


def test_messages_and_ends_are_not_counted() -> None:
    gateway = Gateway()
    assert gateway.connect().status_code == 200
    for _ in range(5):
        assert gateway.send("open", id="1")["type"] == "reply"
    assert gateway.disconnect().status_code == 200
    assert statuses(3) == [200, 200, 429]


def test_handshakes_at_once_are_counted_one_by_one(in_threads: InThreads) -> None:
    assert sorted(in_threads(8, lambda number: statuses(1)[0])) == [200] * 3 + [429] * 5


def test_without_the_setting_nothing_is_counted() -> None:
    with override_settings(WSROUTER={"default": SETTINGS}):
        assert statuses(9) == [200] * 9
