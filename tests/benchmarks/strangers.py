"""What a request without the secret costs, and whether its time tells of the secret.

    python -m tests.benchmarks.strangers [ROUNDS]

Requests go through Django's WSGI handler and the whole middleware, and through the
front door, one kind after the other in any order, so that a busy machine slows all
alike. Medians go to results/strangers.json; `comparison` measures the comparison by
itself.
"""

import json
import os
import random
import sys
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from io import BytesIO
from pathlib import Path
from statistics import median
from time import process_time_ns
from typing import Any

os.environ["DJANGO_SETTINGS_MODULE"] = "tests.project.settings"
os.environ["WSROUTER_TEST_DATABASE"] = "sqlite"
os.environ["WSROUTER_TEST_SQLITE"] = "sqlite::memory:"

import django

django.setup()

from django.contrib.auth.models import User
from django.core.handlers.wsgi import WSGIHandler
from django.core.management import call_command
from django.db import connection
from django.test import override_settings

from tests.benchmarks import comparison
from tests.django.events import SECRET, Gateway, headers
from tests.security.served import SETTINGS
from wsrouter import wsgi
from wsrouter.wire.mapping import environ_key

RESULT = Path(__file__).parent / "results" / "strangers.json"
Handler = Callable[..., Any]
ROUNDS = 3000
KNOWN = "Known_id-000001="
NEARLY = {f"{n} right": SECRET[:n] + "!" * (32 - n) for n in (0, 8, 16, 24, 31)}
FORGED = {"no secret": "", **NEARLY}
SERVED = {"one query": "who", "no query": "open"}


def environ(key: str, **mapped: str) -> dict[str, Any]:
    body = json.dumps({"action": key, "id": "1"}).encode()
    sent = headers("MESSAGE", key, connection_id=KNOWN, **mapped)
    return {environ_key(name): value for name, value in sent.items()} | {
        "REQUEST_METHOD": "POST",
        "PATH_INFO": "/ws/",
        "SERVER_NAME": "testserver",
        "SERVER_PORT": "80",
        "CONTENT_TYPE": "application/json",
        "CONTENT_LENGTH": str(len(body)),
        "HTTP_COOKIE": "sessionid=0123456789abcdef0123456789abcdef",
        "wsgi.url_scheme": "http",
        "wsgi.input": body,
    }


def post(handler: Handler, given: Mapping[str, Any]) -> tuple[str, int]:
    """The status, and the nanoseconds of CPU until the answer is closed."""
    statuses: list[str] = []

    def start_response(status: str, *_: Any) -> None:
        statuses.append(status)

    request = {**given, "wsgi.input": BytesIO(given["wsgi.input"])}
    began = process_time_ns()
    response = handler(request, start_response)
    b"".join(response)
    getattr(response, "close", lambda: None)()
    return statuses[0], process_time_ns() - began


def measured(handler: Handler, rounds: int) -> dict[str, Any]:
    """Microseconds of CPU by kind of request, and the queries of each."""
    kinds = {name: environ(key) for name, key in SERVED.items()}
    kinds |= {name: environ("who", secret=guess) for name, guess in FORGED.items()}
    times: dict[str, list[int]] = {name: [] for name in kinds}
    queries = {name: _queries(handler, given) for name, given in kinds.items()}
    turns = list(kinds.items())
    for _ in range(rounds):
        random.shuffle(turns)
        for name, given in turns:
            status, taken = post(handler, given)
            assert status.startswith("200" if name in SERVED else "403"), status
            times[name].append(taken)
    cpu = {name: round(median(each) / 1000, 1) for name, each in times.items()}
    return {"cpu_us": cpu, "queries": queries, **_ratios(cpu)}


def _queries(handler: Handler, given: Mapping[str, Any]) -> int:
    seen: list[str] = []

    def count(execute: Any, sql: str, *rest: Any) -> Any:
        seen.append(sql)
        return execute(sql, *rest)

    with connection.execute_wrapper(count):
        post(handler, given)
    return len(seen)


def _ratios(cpu: Mapping[str, float]) -> dict[str, Any]:
    worst = max(cpu[name] for name in FORGED)
    nearly = [cpu[name] for name in NEARLY]
    return {
        "unproven_by_served": {n: round(worst / cpu[n], 2) for n in SERVED},
        "unproven_by_prefix": round(max(nearly) / min(nearly), 2),
    }


def compared(alone: Mapping[int, float]) -> dict[str, Any]:
    wrong = [taken for right, taken in alone.items() if right < 64]
    return {
        "comparison_ns": {str(right): round(taken) for right, taken in alone.items()},
        "comparison_by_prefix": round(max(wrong) / min(wrong), 2),
    }


@contextmanager
def _prepared() -> Iterator[None]:
    call_command("migrate", verbosity=0)
    with override_settings(WSROUTER={"default": SETTINGS}, DEBUG=False):
        Gateway(KNOWN).connect(User.objects.create_user("ada"))
        yield


def main(rounds: int) -> None:
    with _prepared():
        view, front = WSGIHandler(), wsgi.gateway(WSGIHandler())
        told = {
            "view": measured(view, rounds),
            "front door": measured(front, rounds),
            **compared(comparison.measured()),
        }
        told |= {"rounds": rounds, "load": list(os.getloadavg())}
        text = json.dumps(told, indent=2)
        RESULT.write_text(text + "\n")
        print(text)


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else ROUNDS)
