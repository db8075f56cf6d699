"""Coverage-guided requests at the endpoint: `python -m tests.fuzz.endpoint 10000`.

Needs atheris, so it is no part of the test suite; `nox -s fuzz` runs it. Each input
makes two requests, one of them without the secret: that must be refused without a
query. A finding ends the run with a traceback and a status that is not 0.
"""

import os
import random
import sys
from collections import Counter
from importlib import import_module
from pathlib import Path
from tempfile import TemporaryDirectory, gettempdir
from typing import Any

import atheris

os.environ["DJANGO_SETTINGS_MODULE"] = "tests.project.settings"
os.environ["WSROUTER_TEST_DATABASE"] = "sqlite"
os.environ["WSROUTER_TEST_SQLITE"] = "sqlite::memory:"

with atheris.instrument_imports(include=["wsrouter"]):
    import django

    django.setup()
    import_module("wsrouter.urls")
    import_module("wsrouter.endpoint.fast_wsgi")

from django.core.management import call_command
from django.db import connection

from tests.security import hostile
from wsrouter.models import OpenConnection

SEEDS = 100


def answer(data: Any, *, proven: bool) -> Any:
    """To a sound event, or what the input makes of it."""
    front = data.ConsumeBool()
    sent = hostile.sound(
        data.PickValueInList(hostile.EVENTS), data.PickValueInList(hostile.KEYS)
    )
    names = hostile.NAMES + hostile.CLIENTS
    for _ in range(data.ConsumeIntInRange(0, 4)):
        sent[data.PickValueInList(names)] = _value(data)
    for _ in range(data.ConsumeIntInRange(0, 2)):
        sent.pop(data.PickValueInList(hostile.NAMES), None)
    sent = hostile.settled(sent, data.PickValueInList(hostile.GUESSES), proven=proven)
    method, query = data.PickValueInList(hostile.METHODS), _query(data)
    return hostile.answer(method, query, _body(data), sent, front=front)


def _value(data: Any) -> str:
    if data.ConsumeBool():
        return str(data.PickValueInList(hostile.VALUES))
    return str(data.ConsumeBytes(data.ConsumeIntInRange(0, 60)).decode("latin-1"))


def _query(data: Any) -> str:
    if data.ConsumeBool():
        return str(data.PickValueInList(hostile.QUERIES))
    return f"?ticket={data.ConsumeBytes(30).hex()}"


def _body(data: Any) -> bytes:
    """Last: it takes what is left of the input."""
    if data.ConsumeProbability() < 0.2:
        return bytes(data.PickValueInList(hostile.BODIES))
    return bytes(data.ConsumeBytes(data.remaining_bytes()))


def _no_query(*_: Any) -> None:
    raise AssertionError("An unproven request cost a query.")


class Fuzzer:
    """Sends so many requests, and tells of them at the end."""

    def __init__(self, runs: int, crashes: list[Any]) -> None:
        self.runs = runs
        self.crashes = crashes
        self.statuses: Counter[str] = Counter()

    def __call__(self, given: bytes) -> None:
        self._stranger(atheris.FuzzedDataProvider(given))
        self._proven(atheris.FuzzedDataProvider(given))
        if self.statuses.total() == self.runs:
            found = sorted(self.statuses.items())
            counts = ", ".join(f"{number} {what}" for what, number in found)
            sys.stdout.write(f"{self.runs} requests, nothing found: {counts}\n")
            sys.stdout.flush()  # libFuzzer ends the process

    def _stranger(self, data: Any) -> None:
        with connection.execute_wrapper(_no_query):
            response = answer(data, proven=False)
        hostile.check_refused(response, self.crashes)
        self.statuses["unproven 403"] += 1

    def _proven(self, data: Any) -> None:
        OpenConnection.objects.all().delete()
        response = answer(data, proven=True)
        hostile.check_answered(response, self.crashes)
        self.statuses[f"proven {response.status_code}"] += 1


def seeds(folder: Path) -> Path:
    """Inputs to begin with: long enough to say something about every header."""
    generator = random.Random(0)
    for number in range(SEEDS):
        folder.joinpath(str(number)).write_bytes(generator.randbytes(400))
    return folder


def main(runs: int, *options: str) -> None:
    call_command("migrate", verbosity=0)
    with hostile.served() as crashes, TemporaryDirectory() as folder:
        atheris.Setup(
            [
                sys.argv[0],
                f"-runs={runs // 2}",
                "-max_len=4096",
                "-len_control=0",
                f"-artifact_prefix={gettempdir()}/",
                *options,
                str(seeds(Path(folder))),
            ],
            Fuzzer(runs, crashes),
        )
        atheris.Fuzz()


if __name__ == "__main__":
    main(int(sys.argv[1]), *sys.argv[2:])
