"""What OpenTelemetry costs a message, and what it costs while it is off.

    python -m tests.benchmarks.telemetry [ROUNDS [MESSAGES]]

One process, the WSGI fast path, no query. The variants take turns, a batch of messages
each, so that a busy machine slows all of them alike: instrumentation off; installed,
but without an SDK; and on, with an SDK that drops what it gets. `bare` is a message
with instrumentation off, and after each of them the SDK's own calls for the same spans
and metrics: in a loop of their own they would find everything in the processor's
caches. Microseconds of CPU: the medians of the batches. At most 2 % is wanted without
an SDK, and 20 µs more than `bare` with one. Results go to results/telemetry.json.
"""

import json
import os
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from io import BytesIO
from pathlib import Path
from statistics import median
from time import process_time_ns
from timeit import timeit
from typing import Any

os.environ["DJANGO_SETTINGS_MODULE"] = "tests.project.settings"
os.environ["WSROUTER_TEST_DATABASE"] = "sqlite"
os.environ["WSROUTER_TEST_SQLITE"] = "sqlite::memory:"

import django

django.setup()

from django.core.handlers.wsgi import WSGIHandler
from django.core.management import call_command
from opentelemetry.sdk.metrics import MeterProvider
from opentelemetry.sdk.metrics.export import InMemoryMetricReader
from opentelemetry.sdk.trace import SpanProcessor, TracerProvider

from tests.benchmarks.bare_telemetry import BareCalls
from tests.django.events import headers, serving
from tests.django.group_routes import Socket
from tests.django.test_background import members
from wsrouter import Router, otel, wsgi
from wsrouter.delivery.memory import MemoryTransport
from wsrouter.otel.observer import OpenTelemetry
from wsrouter.routing import telemetry
from wsrouter.testing.substitution import substituted
from wsrouter.wire.mapping import environ_key

RESULT = Path(__file__).parent / "results" / "telemetry.json"
ROUNDS, MESSAGES = 300, 20
router = Router()
news = router.event("news", str)


@router.route("say")
def say(payload: str) -> str:
    return payload


@router.route("tell")
def tell(payload: str) -> str:
    news.send(payload, group="g")
    return payload


class Sdk:
    """Spans are made and dropped; metrics are added up."""

    def __init__(self) -> None:
        self.tracers = TracerProvider(shutdown_on_exit=False)
        self.tracers.add_span_processor(SpanProcessor())
        self.meters = MeterProvider([InMemoryMetricReader()], shutdown_on_exit=False)
        self._recording = OpenTelemetry(self.tracers, self.meters)
        self._waiting = OpenTelemetry(None, None)

    def on(self) -> None:
        telemetry.install(self._recording)

    def without(self) -> None:
        telemetry.install(self._waiting)


def message(action: str, application: Any) -> Callable[[], None]:
    """Posts one message and reads its answer to the end."""
    body = json.dumps({"action": action, "id": "1", "payload": "hello"}).encode()
    sent = headers("MESSAGE", action, connection_id="Known_id-000001=")
    environ = {environ_key(name): value for name, value in sent.items()} | {
        "REQUEST_METHOD": "POST",
        "PATH_INFO": "/ws/",
        "SERVER_NAME": "testserver",
        "SERVER_PORT": "80",
        "CONTENT_TYPE": "application/json",
        "CONTENT_LENGTH": str(len(body)),
        "wsgi.url_scheme": "http",
    }

    def post() -> None:
        given = {**environ, "wsgi.input": BytesIO(body)}
        answer = application(given, lambda *_: None)
        assert b'"reply"' in b"".join(answer)
        answer.close()

    return post


def measured(action: str, rounds: int, messages: int) -> dict[str, Any]:
    """The medians of one kind of message, and what they say."""
    sdk, post = Sdk(), message(action, wsgi.fast_path(WSGIHandler()))
    bare = BareCalls(sdk.tracers, sdk.meters)
    calls = bare.message if action == "say" else bare.message_and_send

    def post_and_call() -> None:
        post()
        calls()

    turns: dict[str, tuple[Callable[[], None], Callable[[], None]]] = {
        "off": (otel.uninstrument, post),
        "without an SDK": (sdk.without, post),
        "on": (sdk.on, post),
        "bare": (otel.uninstrument, post_and_call),
    }
    times: dict[str, list[float]] = {name: [] for name in turns}
    for turn in range(rounds + 1):
        for name, (prepare, run) in turns.items():
            prepare()
            taken = _batch(run, messages)
            if turn:  # the first one warms up
                times[name].append(taken)
    otel.uninstrument()
    return _told(times)


def _batch(run: Callable[[], None], messages: int) -> float:
    began = process_time_ns()
    for _ in range(messages):
        run()
    return (process_time_ns() - began) / messages / 1000


def _told(times: dict[str, list[float]]) -> dict[str, Any]:
    off = times["off"]
    without = [t / o for t, o in zip(times["without an SDK"], off, strict=True)]
    added = [t - b for t, b in zip(times["on"], times["bare"], strict=True)]
    return {
        "cpu_us": {name: round(median(each), 1) for name, each in times.items()},
        "without_an_sdk_by_off": round(median(without), 3),
        "on_above_bare_us": round(median(added), 1),
    }


def switch(message_us: float) -> dict[str, float]:
    """The one question that a message asks, in nanoseconds and as a share of it."""
    told = {}
    for name, prepare in (("off", otel.uninstrument), ("no_sdk", otel.instrument)):
        prepare()
        count = 100_000
        nanoseconds = timeit(telemetry.current, number=count) / count * 1e9
        told[f"{name}_ns"] = round(nanoseconds)
        told[f"{name}_percent"] = round(nanoseconds / message_us / 10, 2)
    otel.uninstrument()
    return told


@contextmanager
def _prepared() -> Iterator[None]:
    call_command("migrate", verbosity=0)
    members(1)
    memory, socket = MemoryTransport(), Socket()
    memory.opened("id0000=", socket)
    with serving(router), substituted(transport=memory, secret=""):
        yield


def main() -> None:
    given = [int(each) for each in sys.argv[1:3]]
    rounds, messages = (*given, *(ROUNDS, MESSAGES)[len(given) :])
    before = os.getloadavg()
    with _prepared():
        told: dict[str, Any] = {
            "message": measured("say", rounds, messages),
            "message that sends": measured("tell", rounds, messages),
        }
    told["switch"] = switch(told["message"]["cpu_us"]["off"])
    told |= {"rounds": rounds, "messages": messages}
    told["load"] = [before[0], os.getloadavg()[0]]
    text = json.dumps(told, indent=2)
    RESULT.write_text(text + "\n")
    print(text)


if __name__ == "__main__":
    main()
