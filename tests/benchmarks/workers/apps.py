"""Notes each delivery in the file BENCH_REPORTS, a line of JSON with the time."""

import json
import os
import time
from dataclasses import asdict
from pathlib import Path
from typing import Any

from django.apps import AppConfig


class Workers(AppConfig):
    name = "tests.benchmarks.workers"

    def ready(self) -> None:
        from tests.services import app  # noqa: F401  # before its first task
        from wsrouter.signals import delivered

        delivered.connect(note, dispatch_uid="benchmarks")


def note(delivery: Any, **_: Any) -> None:
    line = json.dumps({"at": time.time(), **asdict(delivery.report)})
    with Path(os.environ["BENCH_REPORTS"]).open("a") as file:
        file.write(f"{line}\n")
