"""An endpoint, and clouds whose switches are known."""

import threading
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from functools import partial

import pytest

from tests.truth.simulated_cloud import CloudServer
from wsrouter.aws.control.control_plane import ApiGatewayControlPlane
from wsrouter.local.rules import switches
from wsrouter.local.rules.behaviour import Limits
from wsrouter.ops import truth_run
from wsrouter.truth.endpoint import ENVIRONMENT_VARIABLE, EndpointServer
from wsrouter.truth.throwaway_apis import ThrowawayApis
from wsrouter.wiring import publisher

SECRET = "a-secret-of-the-truth-tests"
Start = Callable[..., CloudServer]


@pytest.fixture(autouse=True)
def _secret(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(ENVIRONMENT_VARIABLE, SECRET)


@pytest.fixture(autouse=True)
def _no_pauses(monkeypatch: pytest.MonkeyPatch) -> None:
    """No server of these tests shows a change late, unless it says so."""
    made = partial(ThrowawayApis, sleep=lambda _: None)
    monkeypatch.setattr(truth_run, "ThrowawayApis", made)


@pytest.fixture
def endpoint() -> Iterator[str]:
    """The URL of a running endpoint."""
    server = EndpointServer(("127.0.0.1", 0), SECRET)
    thread = threading.Thread(target=server.serve_forever, args=(0.01,))
    thread.start()
    yield f"http://127.0.0.1:{server.server_address[1]}/base/"
    server.shutdown()
    server.server_close()
    thread.join()


@pytest.fixture
def start(monkeypatch: pytest.MonkeyPatch) -> Iterator[Start]:
    """Makes a cloud with these `name=value` switches the one that the command gets."""
    with ExitStack() as stack:

        def cloud(*assignments: str, limits: Limits | None = None) -> CloudServer:
            behaviour = switches.behaviour(assignments)
            server = CloudServer(stack, behaviour, limits or Limits())
            plane = ApiGatewayControlPlane(client=server, sleep=lambda _: None)
            monkeypatch.setattr(publisher, "control_plane", lambda *_, **__: plane)
            return server

        yield cloud
