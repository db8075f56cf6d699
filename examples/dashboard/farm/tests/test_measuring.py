"""What the worker measures reaches everybody who watches."""

from collections.abc import Callable
from datetime import timedelta

import pytest
from django.utils import timezone

from farm.models import Measurement
from farm.tasks import MOST, REMEMBERED, TURBINES, measure, near
from farm.ws import measured
from wsrouter.testing import CapturedEvents, HandshakeRefused, WebSocketClient


def test_a_measurement_is_stored_and_sent(captured_events: CapturedEvents) -> None:
    measure()
    stored = Measurement.objects.get()
    assert set(stored.kilowatts) == set(TURBINES)
    captured_events.assert_sent(
        measured, lambda sent: sent["kilowatts"] == stored.kilowatts, group="farm"
    )


@pytest.mark.parametrize("last", [0, MOST])
def test_a_turbine_gives_no_less_than_nothing_and_no_more_than_it_can(
    last: int,
) -> None:
    assert all(0 <= near(last) <= MOST for _ in range(100))


def test_old_measurements_are_deleted(db: None) -> None:
    measure()
    Measurement.objects.update(taken_at=timezone.now() - REMEMBERED - timedelta(1))
    measure()
    assert Measurement.objects.count() == 1


def test_a_page_gets_the_last_minute_and_what_follows(page: WebSocketClient) -> None:
    for number in range(70):
        Measurement.objects.create(kilowatts={"Bora": number})
    found = page.call("farm.watch", None)["measurements"]
    assert [one["kilowatts"]["Bora"] for one in found] == list(range(10, 70))
    measure()
    assert page.receive("farm.measured")["payload"]["id"] > found[-1]["id"]


def test_a_page_that_comes_back_has_what_it_missed(
    page: WebSocketClient, with_ticket: Callable[[], str]
) -> None:
    watching = page.subscribe("farm.watch", None)
    with page.lost_posts():
        measure()
    page.reconnect(query=with_ticket())
    assert len(watching.reply["measurements"]) == 1
    assert page.gaps == []


def test_visitors_are_refused(ws_client: Callable[..., WebSocketClient]) -> None:
    with pytest.raises(HandshakeRefused) as refused:
        ws_client().connect()
    assert refused.value.status == 401
