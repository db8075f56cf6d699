"""Events to five hundred sockets that MiniStack holds open, by way of its own
`@connections`."""

import time
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest
from django.utils import timezone

from tests.aws.hall import PATIENCE, REGION, Hall, opened
from tests.django.events import serving
from wsrouter import Delivery, Report, Router
from wsrouter.aws.posts.management_api import Connections
from wsrouter.errors import ConnectionGone
from wsrouter.models import OpenConnection
from wsrouter.options.gateway import Gateway
from wsrouter.routing.ports import Address

SOCKETS = 500
LEAVING = 40
TRANSPORTS = ("default", "fast", "boto3")
router = Router()
told = router.event("told", str)


@pytest.fixture
def hall(tmp_path: Path, db: None) -> Iterator[tuple[Hall, str]]:
    with opened(tmp_path) as (hall, endpoint):
        hall.open(SOCKETS)
        now = timezone.now()
        OpenConnection.objects.bulk_create(
            OpenConnection(
                connection_id=each,
                gateway="default",
                connected_at=now,
                expires_at=now + timedelta(hours=2),
            )
            for each in hall.sockets
        )
        long_ago = now - timedelta(minutes=5)
        OpenConnection.objects.update(stored_at=long_ago)
        yield hall, endpoint


def test_every_socket_once_and_the_closed_are_gone(hall: tuple[Hall, str]) -> None:
    pytest.importorskip("pycurl")
    room, endpoint = hall
    for transport in TRANSPORTS:
        sent = send(transport, endpoint, f"by {transport}")
        assert sent.report == Report(delivered=SOCKETS)
    expected = [frame(f"by {transport}") for transport in TRANSPORTS]
    for each in room.sockets:
        assert texts(room, each) == expected
    for number, transport in enumerate(TRANSPORTS, start=1):
        leaving = list(room.sockets)[:LEAVING]
        room.leave(leaving)
        for each in leaving:
            wait_until_gone(endpoint, each)
        sent = send(transport, endpoint, f"again by {transport}")
        left = SOCKETS - number * LEAVING
        reasons = {"gone": LEAVING}
        assert sent.report == Report(delivered=left, gone=LEAVING, reasons=reasons)
        assert set(known()) == set(room.sockets)
    again = [frame(f"again by {transport}") for transport in TRANSPORTS]
    for each in room.sockets:
        assert texts(room, each) == again


def send(transport: str, endpoint: str, text: str) -> Delivery:
    with serving(
        router, TRANSPORT=transport, MANAGEMENT_ENDPOINT=endpoint, REGION=REGION
    ):
        return told.send(text, everyone=True, on_commit=False)


def frame(text: str) -> str:
    return f'{{"type":"told","payload":"{text}"}}'


def texts(room: Hall, connection_id: str) -> list[str]:
    """MiniStack 1.4 passes a post's body on as a binary frame, 1.5 as text."""
    found = room.frames(connection_id, len(TRANSPORTS))
    return [each.decode() if isinstance(each, bytes) else each for each in found]


def known() -> list[str]:
    return list(OpenConnection.objects.values_list("connection_id", flat=True))


def wait_until_gone(endpoint: str, connection_id: str) -> None:
    gateway = Gateway(alias="default", management_endpoint=endpoint, region=REGION)
    wire = Connections(lambda: {"default": gateway})
    address = Address(gateway="default", connection_id=connection_id)
    deadline = time.monotonic() + PATIENCE
    while time.monotonic() < deadline:
        try:
            wire.info(address)
        except ConnectionGone:
            return
        time.sleep(0.05)
    raise AssertionError(f"MiniStack keeps {connection_id}.")
