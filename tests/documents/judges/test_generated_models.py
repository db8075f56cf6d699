"""Documents of models that hypothesis makes, judged by the tools of others.

WSROUTER_DOCUMENT_ROUTERS is the number of routers, each with 20 models and more. One,
which is the default, is always the same.
"""

import os
from pathlib import Path

import pytest
from hypothesis import HealthCheck, Phase, given, settings

from tests.documents.documented import document
from tests.documents.generated import kinds, routers
from tests.documents.judges.parser import diagnostics
from tests.documents.judges.types_oracle import COMPILERS, compare
from wsrouter import Router

ROUTERS = int(os.environ.get("WSROUTER_DOCUMENT_ROUTERS", "1"))
FOR_JUDGES = settings(
    max_examples=ROUTERS,
    deadline=None,
    derandomize=ROUTERS == 1,
    database=None,
    # Each try starts Node.js: a failure names its model, so it need not be shrunk.
    phases=[Phase.explicit, Phase.generate],
    suppress_health_check=list(HealthCheck),
)


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("generated")


@FOR_JUDGES
@given(router=routers(kinds(), size=20))
def test_the_official_parser_has_no_complaint(router: Router, folder: Path) -> None:
    documents = {
        envelope: document(router, envelope=envelope) for envelope in ("nested", "flat")
    }

    assert diagnostics(documents, folder) == {"nested": [], "flat": []}


@FOR_JUDGES
@given(router=routers(kinds(enum_keys=False), size=20))
def test_types_are_those_of_the_oracle(router: Router, folder: Path) -> None:
    said = compare({"generated": router}, folder)

    assert said == {compiler: [] for compiler in COMPILERS}
