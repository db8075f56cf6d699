"""Presence as the tests of an application see it."""

from collections.abc import Iterator

import pytest
from django.contrib.auth.models import User
from django.test import TestCase

from tests.django.events import serving
from tests.presence import presence_routes
from tests.presence.presence_routes import PRESENCE, presence
from wsrouter.testing import WebSocketClient


@pytest.fixture(autouse=True)
def _serving() -> Iterator[None]:
    with serving(presence_routes.router):
        yield


class Rooms(TestCase):
    def test_who_comes_and_goes(self) -> None:
        ada, bob = (User.objects.create(username=name) for name in ("ada", "bob"))
        with WebSocketClient(ada) as first:
            joined = first.call("wsrouter.join", {"groups": ["room:a"]})
            assert joined["presence"]["room:a"]["count"] == 1
            assert first.receive(PRESENCE)["payload"]["group"] == "room:hall"
            assert first.receive(PRESENCE)["payload"]["joined"] == [
                {"id": ada.pk, "name": "ada"}
            ]
            with WebSocketClient(bob) as second:
                second.call("wsrouter.join", {"groups": ["room:a"]})
                assert first.receive(PRESENCE)["payload"]["group"] == "room:hall"
                told = first.receive(PRESENCE)["payload"]
                assert told["joined"] == [{"id": bob.pk, "name": "bob"}]
                assert [each.connections for each in presence.list("room:a")] == [1, 1]
            gone = {told["payload"]["group"] for told in first.frames}
            assert gone == {"room:hall", "room:a"}
