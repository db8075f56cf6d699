"""What is different in the processes of these tests: short leases, and a file with a
line for each delivery."""

import os
from datetime import timedelta
from pathlib import Path
from typing import Any

from django.apps import AppConfig


class Services(AppConfig):
    name = "tests.services"

    def ready(self) -> None:
        from wsrouter.registry import send_queue
        from wsrouter.signals import delivered

        if os.environ["SERVICES_ENGINE"] == "celery":
            from tests.services import app  # noqa: F401  # before its first task

        send_queue.LEASE = timedelta(seconds=5)  # two minutes are long for a test
        delivered.connect(note, dispatch_uid="services")


def note(delivery: Any, **_: Any) -> None:
    with Path(os.environ["SERVICES_REPORTS"]).open("a") as file:
        file.write(f"{delivery.status} {delivery.report.delivered}\n")
