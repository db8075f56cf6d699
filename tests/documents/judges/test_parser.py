"""The official parser reads AsyncAPI documents."""

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

from tests.documents import torture
from tests.documents.documented import AUTHORIZER, document
from tests.documents.judges.parser import diagnostics
from tests.documents.test_asyncapi import halls, shop
from tests.documents.test_streams import KEPT
from wsrouter import Router

ROOT = Path(__file__).parents[3]


def of_example(folder: Path) -> Any:
    """What `manage.py ws_export asyncapi` prints in an example."""
    printed = subprocess.check_output(
        [sys.executable, "manage.py", "ws_export", "asyncapi"],
        cwd=folder,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
    )
    return json.loads(printed)


def test_the_official_parser_has_no_complaint(tmp_path: Path) -> None:
    routers = {
        "torture": torture.router,
        "shop": shop(),
        "halls": halls(),
        "kept": KEPT,
        "empty": Router(),
    }
    documents = {
        f"{name}-{envelope}": document(router, envelope=envelope)
        for name, router in routers.items()
        for envelope in ("nested", "flat")
    }
    for file in (ROOT / "examples").glob("*/manage.py"):
        documents[file.parent.name] = of_example(file.parent)
    documents["authorizer"] = document(shop(), authorizer=AUTHORIZER)
    broken = document(shop())
    broken["operations"]["receive.orders.place"]["channel"] = {"$ref": "#/nowhere"}
    documents["broken"] = broken

    said = diagnostics(documents, tmp_path)

    assert {"notifications", "identities"} <= set(documents)
    assert said.pop("broken")
    assert said == {name: [] for name in documents if name != "broken"}
