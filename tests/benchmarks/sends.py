"""One measured send in a process of its own: prints what it cost as JSON.

python -m tests.benchmarks.sends ours|rival RECIPIENTS [cold]
"""

import json
import os
import sys
import time
from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import django

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "tests.benchmarks.settings")
GROUP = "bench"
WARM_UP = 1000
FEW = 10
PART = 5000


def prepare(count: int) -> None:
    """A database with a group of so many connections, and as many of the rival's."""
    from django.apps import apps
    from django.core.management import call_command

    call_command("migrate", verbosity=0)
    _fill(range(FEW), ["few"])
    _fill(range(min(WARM_UP, count)), ["warm"])
    _fill(range(count), [GROUP])
    if apps.is_installed("django_aws_api_gateway_websockets"):
        _fill_rival(range(count))


def add(first: int, last: int) -> None:
    """More connections for the group, without the rival's."""
    _fill(range(first, last), [GROUP])


def _fill(numbers: range, groups: list[str]) -> None:
    from django.utils import timezone

    from wsrouter.models import Membership, OpenConnection

    now = timezone.now()
    for part in _parts(numbers):
        rows = [
            OpenConnection(
                connection_id=_id(number),
                gateway="default",
                connected_at=now,
                stored_at=now,
                expires_at=now + timedelta(hours=2),
            )
            for number in part
        ]
        OpenConnection.objects.bulk_create(rows, ignore_conflicts=True)
        Membership.objects.bulk_create(
            Membership.of(row, group) for row in rows for group in groups
        )


def _fill_rival(numbers: range) -> None:
    from django_aws_api_gateway_websockets.models import ApiGateway, WebSocketSession

    gateway = ApiGateway.objects.create(
        api_name="bench",
        api_id="abc123defg",
        stage_name="p",
        target_base_endpoint="https://www.example.com/ws/",
    )
    WebSocketSession.objects.bulk_create(
        WebSocketSession(
            connection_id=_id(number),
            channel_name=GROUP,
            connected=True,
            api_gateway=gateway,
        )
        for number in numbers
    )


def _id(number: int) -> str:
    return f"L0SM9cOF{number:07d}="


def _parts(numbers: range) -> Iterator[range]:
    for at in range(0, len(numbers), PART):
        yield numbers[at : at + PART]


def ours(group: str) -> int:
    from tests.benchmarks.events import PAYLOAD, told

    report = told.send(PAYLOAD, group=group).report
    assert report is not None
    assert report.recipients == report.delivered, report
    return report.delivered


def rival(group: str) -> int:
    """Its own `send_message`; only the address that it computes is another."""
    from django_aws_api_gateway_websockets import models

    from tests.benchmarks.events import PAYLOAD

    make: Any = models.get_boto3_client

    def ours_endpoint(service: str, **options: Any) -> Any:
        return make(service, **options | {"endpoint_url": os.environ["BENCH_ENDPOINT"]})

    models.get_boto3_client = ours_endpoint
    rows = models.WebSocketSession.objects.filter(channel_name=GROUP)
    if group == "warm":
        rows = rows.filter(connection_id__lt=_id(WARM_UP))
    try:
        return len(rows.send_message({"type": "orders.changed", "payload": PAYLOAD}))
    finally:
        models.get_boto3_client = make


def measure(send: Any, count: int, *, cold: bool) -> dict[str, float]:
    """What a send costs a process that has sent before, or one that is new."""
    assert cold or send("warm") == min(WARM_UP, count)
    cpu, wall = time.process_time(), time.perf_counter()
    assert send(GROUP) == count
    wall, cpu = time.perf_counter() - wall, time.process_time() - cpu
    return {"cpu_us": cpu / count * 1e6, "rate": count / wall}


def main() -> None:
    name, count, cold = sys.argv[1], int(sys.argv[2]), "cold" in sys.argv
    django.setup()
    if name == "prepare":
        prepare(count)
    elif name == "add":
        add(count, int(sys.argv[3]))
    else:
        send = {"ours": ours, "rival": rival}[name]
        print(json.dumps(measure(send, count, cold=cold)))  # noqa: T201


if __name__ == "__main__":
    main()
