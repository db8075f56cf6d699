"""Where the answer is somebody else's, or there is none, no verdict is printed."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.ministack import ministack_url  # noqa: F401
from tests.moto_server import FilledIn, moto_url  # noqa: F401
from tests.sync.bench import Recorded
from tests.truth import interfering_proxy
from tests.truth.command import EVERYTHING, ask, run, verdicts
from tests.truth.conftest import Start
from wsrouter.aws import clients
from wsrouter.aws.control.control_plane import ApiGatewayControlPlane
from wsrouter.local.rules.gateway_event import GatewayEvent
from wsrouter.local.sockets.asgi import Response
from wsrouter.local.sockets.backend import IntegrationFailure
from wsrouter.local.sockets.local_api import LocalApi
from wsrouter.truth import points
from wsrouter.truth.bench import Bench
from wsrouter.truth.probe import probe
from wsrouter.truth.verdict import Verdict, settled
from wsrouter.wiring import publisher


def test_what_a_proxy_does_is_not_taken_for_the_gateway(
    start: Start, endpoint: str, tmp_path: Path
) -> None:
    seen = tmp_path / "seen.json"
    start()
    with interfering_proxy.before(endpoint) as url:
        said = ask(url, "--only", "6,15", "--evidence", str(seen))
    assert not {"later-user-agent", "later-trace-id", "retry"} & set(verdicts(seen))
    assert "a proxy before the endpoint adds X-Amzn-Trace-Id" in said
    assert "a proxy before the endpoint changes User-Agent" in said
    assert "a proxy before the endpoint answers in its place" in said


def test_a_behaviour_that_no_value_describes(
    start: Start, endpoint: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A gateway that refuses with 418 whatever `$connect` says, and answers messages
    with a text of its own."""
    call = LocalApi.call

    async def odd(api: LocalApi, event: GatewayEvent) -> Response | IntegrationFailure:
        answer = await call(api, event)
        if not isinstance(answer, Response) or answer.is_success:
            return answer
        return Response(status=200 if event.body else 418, body=b"something else")

    monkeypatch.setattr(LocalApi, "call", odd)
    start()
    seen = tmp_path / "seen.json"
    said = ask(endpoint, "--only", "1,7", "--evidence", str(seen))
    assert not {"non-2xx", "refusal-status"} & set(verdicts(seen))
    assert "non-2xx is still open:  404: text  'something else'" in said
    assert "refusal-status is still open:  400 gave 418" in said


@probe(1, "Does it fail?", "ping", "retry")
def failing(bench: Bench) -> Iterator[Verdict]:
    yield settled("ping", "answered", "so far")
    raise LookupError("an unexpected answer")


@probe(2, "Is this a value?", "ping")
def inventing(bench: Bench) -> Iterator[Verdict]:
    yield settled("ping", "sometimes", "no such value")


def test_a_probe_that_fails_settles_nothing(
    start: Start, endpoint: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(points, "PROBES", (failing, inventing))
    start()
    seen = tmp_path / "seen.json"
    said = ask(endpoint, "--evidence", str(seen))
    assert verdicts(seen) == {}
    assert "the probe failed: LookupError('an unexpected answer')" in said
    assert "--aws ping takes answered or ignored" in said


def test_the_number_of_messages_is_bounded(
    start: Start, endpoint: str, tmp_path: Path
) -> None:
    start()
    seen = tmp_path / "seen.json"
    said = ask(
        endpoint, "--only", "2,3,11", "--max-messages", "3", "--evidence", str(seen)
    )
    assert set(verdicts(seen)) == {"empty-reply", "route-response"}
    assert "has sent as many messages as --max-messages allows" in said


@pytest.fixture(params=["ministack", "moto"])
def emulator(
    request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch
) -> Iterator[Any]:
    """A client of an emulator of the control plane, which the command uses."""
    url = request.getfixturevalue(f"{request.param}_url")
    client = clients.client("apigatewayv2", region="eu-west-1", endpoint_url=url)
    made = FilledIn(client) if request.param == "moto" else Recorded(client)
    plane = ApiGatewayControlPlane(client=made, sleep=lambda _: None)
    monkeypatch.setattr(publisher, "control_plane", lambda *_, **__: plane)
    monkeypatch.setattr("wsrouter.truth.raw_socket.RawSocket._connect", _refuse)
    yield made
    client.close()


def _refuse(*_: object) -> None:
    """No data plane: the emulators' URLs would lead to AWS."""
    raise ConnectionRefusedError("an emulator of the control plane only")


def test_an_emulator_without_sockets(
    emulator: Any, endpoint: str, tmp_path: Path
) -> None:
    """Everything is published and deleted; no question is answered."""
    before = emulator.client.get_apis()["Items"]
    seen = tmp_path / "seen.json"
    points, count = ("1,7,13,14", 6) if EVERYTHING else ("13", 2)
    said = ask(endpoint, "--only", points, "--evidence", str(seen), live=0)
    assert verdicts(seen) == {}
    assert "No switch of the local gateway was settled." in said
    assert emulator.writes.count("create_api") == count
    assert emulator.writes.count("create_deployment") == count
    assert emulator.client.get_apis()["Items"] == before
    assert "No run has left anything behind." in run("--clean", "--yes")
