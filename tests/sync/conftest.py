"""The servers that the contract of ws_sync is tested against."""

from typing import Any

import pytest

from tests.ministack import ministack_url  # noqa: F401
from tests.moto_server import FilledIn, moto_url  # noqa: F401
from tests.simulated_aws.control_plane import MemoryControlPlane
from tests.sync.bench import Bench, Recorded
from wsrouter.aws import clients
from wsrouter.wiring import publisher


@pytest.fixture
def memory() -> Bench:
    """A bench on the strict API Gateway in memory."""
    return Bench(server=MemoryControlPlane().server)


@pytest.fixture(params=["memory", "moto"])
def modelled(request: pytest.FixtureRequest) -> Bench:
    """A bench on each server that has models and VPC links."""
    return _bench(request)


@pytest.fixture(params=["memory", "ministack", "moto"])
def bench(request: pytest.FixtureRequest) -> Bench:
    """A bench on each server."""
    return _bench(request)


def _bench(request: pytest.FixtureRequest) -> Bench:
    if request.param == "memory":
        return request.getfixturevalue("memory")
    url = request.getfixturevalue(f"{request.param}_url")
    client = clients.client("apigatewayv2", region="eu-west-1", endpoint_url=url)
    made = FilledIn if request.param == "moto" else Recorded
    return Bench(server=made(client))


@pytest.fixture
def plane(monkeypatch: pytest.MonkeyPatch) -> MemoryControlPlane:
    """The control plane that commands get; `asked` says for what they asked."""
    made = MemoryControlPlane(pending_polls=0)
    asked: list[dict[str, Any]] = []

    def control_plane(alias: str, **options: str) -> MemoryControlPlane:
        asked.append({"alias": alias, **options})
        return made

    monkeypatch.setattr(publisher, "control_plane", control_plane, raising=False)
    monkeypatch.setattr(made, "asked", asked, raising=False)
    return made
