"""The command around a run: its options, its evidence, its end."""

import json
import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from django.core.management.base import CommandError

from tests.ports import free_port
from tests.truth.command import ask, run
from tests.truth.conftest import SECRET, Start
from wsrouter.truth import points, report
from wsrouter.truth.bench import Bench
from wsrouter.truth.endpoint import ENVIRONMENT_VARIABLE
from wsrouter.truth.probe import probe
from wsrouter.truth.recordings import Endpoint
from wsrouter.truth.timing import wait_until
from wsrouter.truth.verdict import Verdict, observed

DISCONNECT_REASON = "X-Wsrouter-Disconnect-Reason"


def test_the_list_has_every_point() -> None:
    said = run("--list")
    numbers = {int(line[:2]) for line in said.splitlines() if line[:2].strip()}
    assert numbers == set(range(1, 25))
    assert "non-2xx  (5 s, 4 messages)" in said
    assert "12 minutes" not in said
    assert "ping-resets-idle  (720 s, 0 messages; only with --slow)" in said
    assert "not asked: it needs a VPC, a domain and a certificate" in said


def test_the_costs_are_those_of_the_messages() -> None:
    probes = points.chosen("1-3", slow=False)
    messages = sum(probe.messages for probe in probes)
    said = report.estimate(probes)
    assert f"at most {messages} messages, counted as {8 * messages} at most" in said
    assert f": {8 * messages / 1e6:.6f} USD at 1.00 USD per million (" in said


def test_the_policy_covers_publishing_and_posting() -> None:
    policy = json.loads(run("--iam-policy", "--region", "eu-west-1"))
    actions = {
        action
        for statement in policy["Statement"]
        for action in (
            [statement["Action"]]
            if isinstance(statement["Action"], str)
            else statement["Action"]
        )
    }
    assert {"apigateway:POST", "apigateway:DELETE"} <= actions
    assert "execute-api:ManageConnections" in actions


def test_the_printed_endpoint_runs_alone(tmp_path: Path) -> None:
    program, port = tmp_path / "truth_endpoint.py", free_port()
    program.write_text(run("--print-endpoint"))
    process = subprocess.Popen(
        [sys.executable, "-I", str(program), str(port)],
        env={ENVIRONMENT_VARIABLE: SECRET},
        stderr=subprocess.PIPE,
    )
    try:
        assert process.stderr is not None
        assert b"Recording on port" in process.stderr.readline()
        endpoint = Endpoint(f"http://127.0.0.1:{port}/any/path", SECRET)
        assert endpoint.send({"X-Wsrouter-Event-Type": "MESSAGE"}, b"hello") == 200
        [recording] = endpoint.since(0)
        assert (recording.text, recording.event) == ("hello", "MESSAGE")
        assert Endpoint(endpoint.url, "a wrong one").send({}, b"") == 403
        assert len(endpoint.since(0)) == 1
    finally:
        process.terminate()
        process.communicate(timeout=30)


def test_the_endpoint_needs_a_secret(tmp_path: Path) -> None:
    program = tmp_path / "truth_endpoint.py"
    program.write_text(run("--print-endpoint"))
    command = [sys.executable, "-I", str(program)]
    done = subprocess.run(
        command, env={}, capture_output=True, text=True, check=False, timeout=60
    )
    assert done.returncode == 1
    assert f"Set {ENVIRONMENT_VARIABLE}" in done.stderr


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ([], "--endpoint takes the URL"),
        (["--endpoint", "truth.example.com"], "--endpoint takes the URL"),
        (["--endpoint", "https://x.example/?a=b"], "--endpoint takes the URL"),
        (["--endpoint", "https://x.example", "--only", "25"], "There is no point 25"),
        (["--endpoint", "https://x.example", "--only", "a"], "--only takes numbers"),
        (["--endpoint", "https://x.example"], "Without a terminal.* needs --yes"),
    ],
)
def test_wrong_options(start: Start, arguments: list[str], message: str) -> None:
    server = start()
    with pytest.raises(CommandError, match=message):
        run(*arguments)
    assert server.calls == []


@pytest.mark.parametrize(
    "wrong", ["", "short", "with a space in it", "it's quoted ..."]
)
def test_a_secret_that_cannot_be_mapped(
    start: Start, endpoint: str, wrong: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    server = start()
    monkeypatch.setenv(ENVIRONMENT_VARIABLE, wrong)
    with pytest.raises(CommandError, match=f"Set {ENVIRONMENT_VARIABLE}"):
        ask(endpoint)
    assert server.calls == []


def test_an_endpoint_that_cannot_be_used(start: Start, endpoint: str) -> None:
    server = start()
    with pytest.raises(CommandError, match=r"The endpoint .* failed: .*refused"):
        ask(f"http://127.0.0.1:{free_port()}/")
    os.environ[ENVIRONMENT_VARIABLE] = "another-secret-of-the-tests"
    with pytest.raises(CommandError, match=r"failed: HTTP Error 403.*same secret"):
        ask(endpoint)
    assert server.calls == []


def test_the_evidence_has_all_bytes_and_no_secret(
    start: Start, endpoint: str, tmp_path: Path
) -> None:
    start()
    seen = tmp_path / "seen.json"
    said = ask(endpoint, "--only", "4", "--evidence", str(seen))
    text = seen.read_text()
    assert SECRET not in text + said
    [first, second] = json.loads(text)["results"]
    assert first["verdicts"][0]["switch"] == "null-header"
    kinds = [event["what"] for event in first["evidence"]]
    assert {"sent", "received", "request to the endpoint"} <= set(kinds)
    # The socket of the first probe may be reported as closed as late as here.
    requests = [it.get("headers", []) for it in second["evidence"]]
    [closed] = [it for it in requests if [DISCONNECT_REASON, "truth"] in it]
    assert ["X-Wsrouter-Disconnect-Code", "1000"] in closed
    assert ["X-Wsrouter-Secret", "***"] in closed


@probe(1, "Does the process end?")
def ended(bench: Bench) -> Iterator[Verdict]:
    os.kill(os.getpid(), signal.SIGTERM)
    wait_until(lambda: False, 30)
    yield observed("it did not")


def test_a_signal_that_ends_the_process_deletes_everything(
    start: Start, endpoint: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(points, "PROBES", (ended,))
    server, seen = start(), tmp_path / "seen.json"
    former = signal.getsignal(signal.SIGTERM)
    with pytest.raises(CommandError, match=r"Interrupted\."):
        ask(endpoint, "--evidence", str(seen))
    assert signal.getsignal(signal.SIGTERM) is former
    assert "delete_api" in server.writes
    assert server.table("api", {}) == {}
    assert json.loads(seen.read_text())["results"] == []
