"""Each engine in turn, and the variables of the processes."""

import os
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest

from tests.services.engines import ENGINES, Engine, Unreachable
from tests.services.sockets import Sockets


@pytest.fixture(params=ENGINES)
def engine(request: pytest.FixtureRequest) -> Iterator[Engine]:
    with ExitStack() as stack:
        try:
            yield stack.enter_context(ENGINES[request.param]())
        except Unreachable as error:
            problem = f"{request.param} does not answer: {error}"
            if os.environ.get("WSROUTER_REQUIRE_SERVICES"):
                pytest.fail(problem)
            pytest.skip(problem)


@pytest.fixture
def environment(engine: Engine, tmp_path: Path, sockets: Sockets) -> dict[str, str]:
    return {
        **os.environ,
        **engine.environment,
        "DJANGO_SETTINGS_MODULE": "tests.services.settings",
        "SERVICES_DATABASE": str(tmp_path / "db.sqlite3"),
        "SERVICES_ENDPOINT": sockets.url,
        "SERVICES_REPORTS": str(tmp_path / "reports.txt"),
        "AWS_EC2_METADATA_DISABLED": "true",
    }
