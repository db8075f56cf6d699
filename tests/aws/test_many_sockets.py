"""Events to five hundred sockets that MiniStack holds open, by way of its own
`@connections`."""

import json
import time
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest
from django.utils import timezone

from tests.aws.many_sockets import REGION, TIMEOUT_SECONDS, OpenSockets, opened
from tests.django.events import serving
from wsrouter import Delivery, Report, Router
from wsrouter.aws.posts.management_api import Boto3Connections
from wsrouter.errors import ConnectionGone
from wsrouter.models import OpenConnection
from wsrouter.options.gateway import Gateway
from wsrouter.routing.ports import Address

SOCKETS = 500
LEAVING = 40
TRANSPORTS = ("threads", "curl", "boto3")
router = Router()
news = router.event("news", str)


@pytest.fixture
def sockets(tmp_path: Path, db: None) -> Iterator[tuple[OpenSockets, str]]:
    with opened(tmp_path) as (made, endpoint):
        made.open(SOCKETS)
        now = timezone.now()
        OpenConnection.objects.bulk_create(
            OpenConnection(
                connection_id=connection_id,
                gateway="default",
                connected_at=now,
                expires_at=now + timedelta(hours=2),
            )
            for connection_id in made.sockets
        )
        long_ago = now - timedelta(minutes=5)
        OpenConnection.objects.update(stored_at=long_ago)
        yield made, endpoint


def test_every_socket_once_and_the_closed_are_gone(
    sockets: tuple[OpenSockets, str],
) -> None:
    pytest.importorskip("pycurl")
    opened_sockets, endpoint = sockets
    for transport in TRANSPORTS:
        sent = send(transport, endpoint, f"by {transport}")
        assert sent.report == Report(delivered=SOCKETS)
    expected = [f"by {transport}" for transport in TRANSPORTS]
    for connection_id in opened_sockets.sockets:
        assert texts(opened_sockets, connection_id) == expected
    for number, transport in enumerate(TRANSPORTS, start=1):
        leaving = list(opened_sockets.sockets)[:LEAVING]
        opened_sockets.close_some(leaving)
        for connection_id in leaving:
            wait_until_gone(endpoint, connection_id)
        sent = send(transport, endpoint, f"again by {transport}")
        left = SOCKETS - number * LEAVING
        reasons = {"gone": LEAVING}
        assert sent.report == Report(delivered=left, gone=LEAVING, reasons=reasons)
        assert set(known()) == set(opened_sockets.sockets)
    again = [f"again by {transport}" for transport in TRANSPORTS]
    for connection_id in opened_sockets.sockets:
        assert texts(opened_sockets, connection_id) == again


def send(transport: str, endpoint: str, text: str) -> Delivery:
    patient = {"SEND_SECONDS": 25}
    chosen = {"TRANSPORT": transport, "MANAGEMENT_ENDPOINT": endpoint, **patient}
    with serving(router, REGION=REGION, **chosen):
        return news.send(text, everyone=True, now=True)


def texts(sockets: OpenSockets, connection_id: str) -> list[str]:
    """The payloads that a socket got."""
    found = sockets.frames(connection_id, len(TRANSPORTS))
    return [json.loads(frame)["payload"] for frame in found]


def known() -> list[str]:
    return list(OpenConnection.objects.values_list("connection_id", flat=True))


def wait_until_gone(endpoint: str, connection_id: str) -> None:
    gateway = Gateway(alias="default", management_endpoint=endpoint, region=REGION)
    management_api = Boto3Connections(lambda: {"default": gateway})
    address = Address(gateway="default", connection_id=connection_id)
    deadline = time.monotonic() + TIMEOUT_SECONDS
    while time.monotonic() < deadline:
        try:
            management_api.info(address)
        except ConnectionGone:
            return
        time.sleep(0.05)
    raise AssertionError(f"MiniStack keeps {connection_id}.")
