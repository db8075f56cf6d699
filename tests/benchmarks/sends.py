"""One measured send in a process of its own: prints what it cost as JSON.

python -m tests.benchmarks.sends ours|rival RECIPIENTS
"""

import json
import os
import resource
import sys
import time
from datetime import timedelta
from typing import Any

import django

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "tests.benchmarks.settings")
GROUP = "bench"
WARM_UP = 200


def prepare(count: int) -> None:
    """A database with a group of so many connections, and as many of the rival's."""
    from django.apps import apps
    from django.core.management import call_command
    from django.utils import timezone

    from wsrouter.models import Membership, OpenConnection

    call_command("migrate", verbosity=0)
    now = timezone.now()
    ids = [f"L0SM9cOF{number:07d}=" for number in range(count)]
    rows = [
        OpenConnection(
            connection_id=each,
            gateway="default",
            connected_at=now,
            stored_at=now,
            expires_at=now + timedelta(hours=2),
        )
        for each in ids
    ]
    OpenConnection.objects.bulk_create(rows)
    Membership.objects.bulk_create(
        Membership.of(row, group)
        for number, row in enumerate(rows)
        for group in (["warm", GROUP] if number < WARM_UP else [GROUP])
    )
    if apps.is_installed("django_aws_api_gateway_websockets"):
        _prepare_rival(ids)


def _prepare_rival(ids: list[str]) -> None:
    from django_aws_api_gateway_websockets.models import ApiGateway, WebSocketSession

    gateway = ApiGateway.objects.create(
        api_name="bench",
        api_id="abc123defg",
        stage_name="p",
        target_base_endpoint="https://www.example.com/ws/",
    )
    WebSocketSession.objects.bulk_create(
        WebSocketSession(
            connection_id=each, channel_name=GROUP, connected=True, api_gateway=gateway
        )
        for each in ids
    )


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
        rows = rows.filter(connection_id__lt=f"L0SM9cOF{WARM_UP:07d}")
    try:
        return len(rows.send_message({"type": "orders.changed", "payload": PAYLOAD}))
    finally:
        models.get_boto3_client = make


def measure(send: Any, count: int) -> dict[str, float]:
    assert send("warm") == WARM_UP
    resident = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    cpu, wall = time.process_time(), time.perf_counter()
    assert send(GROUP) == count
    wall, cpu = time.perf_counter() - wall, time.process_time() - cpu
    grown = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - resident
    return {"cpu_us": cpu / count * 1e6, "rate": count / wall, "grown_kib": grown}


def main() -> None:
    name, count = sys.argv[1], int(sys.argv[2])
    django.setup()
    if name == "prepare":
        prepare(count)
    else:
        send = {"ours": ours, "rival": rival}[name]
        print(json.dumps(measure(send, count)))  # noqa: T201


if __name__ == "__main__":
    main()
