"""What is different in the processes of these tests: short leases, a file with a line
for each delivery and, if the test says so, one with a line for each span."""

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
        if spans := os.environ.get("SERVICES_SPANS"):
            record_spans(Path(spans))


def note(delivery: Any, **_: Any) -> None:
    with Path(os.environ["SERVICES_REPORTS"]).open("a") as file:
        file.write(f"{delivery.status} {delivery.report.delivered}\n")


def record_spans(file: Path) -> None:
    """As an application does it, with an exporter that writes at once."""
    from opentelemetry import trace
    from opentelemetry.sdk.resources import Resource
    from opentelemetry.sdk.trace import TracerProvider
    from opentelemetry.sdk.trace.export import ConsoleSpanExporter, SimpleSpanProcessor

    from wsrouter import otel

    provider = TracerProvider(resource=Resource.create({"process.pid": os.getpid()}))
    exporter = ConsoleSpanExporter(
        out=file.open("a"), formatter=lambda span: span.to_json(indent=None) + "\n"
    )
    provider.add_span_processor(SimpleSpanProcessor(exporter))
    trace.set_tracer_provider(provider)
    otel.instrument()
