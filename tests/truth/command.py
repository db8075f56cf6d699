"""`manage.py ws_truth`, from inside of the test."""

import io
import json
import os
from pathlib import Path
from typing import Any

from django.core.management import call_command

EVERYTHING = os.environ.get("WSROUTER_TEST_TRUTH") == "all"
"""Of `nox -s truth`; otherwise only what is quick, and no question of time."""
UNREACHABLE = "http://127.0.0.1:9/"


def run(*arguments: str) -> str:
    """The whole output of the command, notices first."""
    out, err = io.StringIO(), io.StringIO()
    call_command("ws_truth", *arguments, stdout=out, stderr=err)
    return err.getvalue() + out.getvalue()


def ask(endpoint: str, *arguments: str, quiet: float = 0.3, live: float = 30) -> str:
    """Ask without consent, and without waiting longer than this machine needs."""
    return run(
        "--yes",
        *("--endpoint", endpoint),
        *("--quiet", str(quiet), "--live-wait", str(live), "--wait", "30"),
        *("--unreachable-url", UNREACHABLE),
        *arguments,
    )


def verdicts(evidence: Path) -> dict[str, Any]:
    """The settled switches in a file of evidence."""
    found = json.loads(evidence.read_text())
    return {
        verdict["switch"]: verdict["value"]
        for result in found["results"]
        for verdict in result["verdicts"]
        if verdict["state"] == "settled"
    }
