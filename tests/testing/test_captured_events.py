"""What is sent is seen without a socket: by handlers, engines, after commits."""

from unittest import mock

import pytest
from django.contrib.auth.models import User
from django.db import transaction
from django.test import TestCase

from tests.django.client_routes import assert_real_transport, router, told
from tests.django.events import serving
from wsrouter.models import QueuedSend
from wsrouter.routing.delivery import Status
from wsrouter.testing import (
    CapturedEvents,
    WebSocketClient,
    captured_events,
    chosen_gateway,
)
from wsrouter.testing.outcomes import NotAtThisGateway

pytestmark = pytest.mark.usefixtures("talking")


class InATestCase(TestCase):
    def test_a_send_without_a_socket(self) -> None:
        user = User.objects.create_user("ada")
        with captured_events() as sent:
            told.send("x", user=user)
            told.send("y", group="orders")
            told.send("z", everyone=True)
        assert [one.payload for one in sent] == ["x", "y", "z"]
        assert sent.assert_sent(told, "x", user=user).users == {user.pk}
        assert sent.assert_sent("told", group="orders", times=1).payload == "y"
        sent.assert_sent(told, mock.ANY, everyone=True)
        sent.assert_sent(told, lambda text: text > "x", group="orders")
        sent.assert_not_sent(told, "z", group="orders")
        assert [one.report.recipients for one in sent.deliveries if one.report] == [
            0
        ] * 3

    def test_what_waits_for_a_commit_is_seen_after_it(self) -> None:
        with captured_events() as sent:
            with transaction.atomic():
                told.send("x", group="orders")
                assert list(sent) == []
            with transaction.atomic():
                told.send("undone", group="orders")
                transaction.set_rollback(True)
        assert [one.payload for one in sent] == ["x"]
        assert sent[0].delivery.status is Status.DEFERRED

    def test_an_engine_without_broker_and_worker(self) -> None:
        options = {"BACKGROUND": "celery", "SEND_RECIPIENTS": 1}
        with serving(router, **options), captured_events() as sent:
            clients = [WebSocketClient().connect() for _ in range(3)]
            assert told.send("x", everyone=True).status is Status.QUEUED
            with transaction.atomic():
                told.send("y", everyone=True)
            for client in clients:
                assert [one["payload"] for one in client.frames] == ["x", "y"]
                client.disconnect()
        assert [one.payload for one in sent] == ["x", "y"]
        assert not QueuedSend.objects.exists()

    def test_what_handlers_send(self) -> None:
        with captured_events() as sent, WebSocketClient() as client:
            client.call("tell", "x")
            told.send("y", connection=client.connection_id)
            assert [one["payload"] for one in client.frames] == ["x", "y"]
        sent.assert_sent(told, "x", everyone=True)
        sent.assert_sent(told, "y", connection=client)

    def test_blocks_in_blocks(self) -> None:
        with captured_events() as outer:
            told.send("x", everyone=True)
            with captured_events() as inner:
                told.send("y", everyone=True)
        assert [one.payload for one in outer] == ["x", "y"]
        assert [one.payload for one in inner] == ["y"]
        assert_real_transport()


def captured() -> CapturedEvents:
    with captured_events() as sent:
        told.send("a", group="tea")
        told.send("b", group="orders")
        told.send("b", group="tea", exclude="x")
    return sent


@pytest.mark.django_db
def test_near_misses_come_first() -> None:
    sent = captured()
    with pytest.raises(AssertionError) as raised:
        sent.assert_sent(told, "c", group="orders")
    lines = str(raised.value).splitlines()
    assert lines[0] == "'told' to group 'orders', payload 'c' was not sent."
    assert lines[1] == "There was:"
    assert lines[2] == "  'told' to group 'orders', payload 'b'  (other: the payload)"
    assert lines[3].endswith("(other: the payload, the recipients)")
    with pytest.raises(AssertionError, match="sent 2 times, not 1"):
        sent.assert_sent(told, "b", times=1)
    with pytest.raises(AssertionError, match="was sent: 'told' to group 'tea'"):
        sent.assert_not_sent(told, "a")
    with captured_events() as nothing, pytest.raises(AssertionError, match="Nothing"):
        nothing.assert_sent("told")


@pytest.mark.django_db
def test_not_against_a_deployed_api() -> None:
    chosen_gateway.choose("wss://ws.example.com")
    try:
        with pytest.raises(NotAtThisGateway, match="cannot be captured"):
            captured_events().begin()
    finally:
        chosen_gateway.choose("")
