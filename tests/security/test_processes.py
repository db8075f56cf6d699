"""What several processes do at once, each with its own Django."""

import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

import pytest
from django.contrib.auth.models import User
from django.db import connection
from django.test import override_settings

from tests.security.served import SETTINGS
from wsrouter import tickets
from wsrouter.models import OpenConnection

pytestmark = [pytest.mark.database, pytest.mark.django_db(transaction=True)]
PROCESSES, ATTEMPTS = 5, 10
ROOT = Path(__file__).parents[2]


@contextmanager
def racer(ticket: str) -> Iterator["subprocess.Popen[str]"]:
    command = [sys.executable, "-m", "tests.security.racer", ticket, str(ATTEMPTS)]
    known = {"DJANGO_SETTINGS_MODULE": "tests.project.settings"}
    known["RACER_DATABASE"] = str(connection.settings_dict["NAME"])
    with subprocess.Popen(
        command,
        cwd=ROOT,
        env=os.environ | known,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    ) as process:
        try:
            yield process
        finally:
            process.kill()


def test_fifty_attempts_of_five_processes_have_one_winner(
    shared_database: None, user: User
) -> None:
    with override_settings(WSROUTER={"default": SETTINGS}), ExitStack() as stack:
        ticket = tickets.issue(user)["ticket"]
        racers = [stack.enter_context(racer(ticket)) for _ in range(PROCESSES)]
        for each in racers:
            assert each.stdout is not None
            assert each.stdout.readline() == "ready\n"
        said = [each.communicate(timeout=120)[0] for each in _started(racers)]
    statuses = sorted(" ".join(said).split())
    assert statuses == ["200"] + ["401"] * (PROCESSES * ATTEMPTS - 1)
    assert OpenConnection.objects.count() == 1


def _started(racers: list["subprocess.Popen[str]"]) -> list["subprocess.Popen[str]"]:
    """All of them before the first one is waited for."""
    for each in racers:
        assert each.stdin is not None
        each.stdin.write("go\n")
        each.stdin.flush()
    return racers
