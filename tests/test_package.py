"""What the distribution promises: its version, its dependencies, its light import."""

import json
import re
import subprocess
import sys
from importlib import metadata
from pathlib import Path

import pytest
from packaging.requirements import Requirement

DISTRIBUTION = "django-wsrouter"
CHANGELOG = Path(__file__).parent.parent / "docs" / "changelog.md"

BELOW_ROUTING = {
    "annotated_types",
    "asgiref",
    "orjson",
    "pydantic",
    "pydantic_core",
    "typing_extensions",
    "typing_inspection",
    "wsrouter",
}

EVERY_MODULE_OF_ROUTING = """
import importlib, pkgutil, wsrouter.routing as package
for each in pkgutil.walk_packages(package.__path__, "wsrouter.routing."):
    importlib.import_module(each.name)
"""


def modules_after(code: str) -> set[str]:
    """The modules that a fresh interpreter has loaded after running `code`."""
    code += "\nimport json, sys\nprint(json.dumps(list(sys.modules)))"
    command = [sys.executable, "-c", code]
    return set(json.loads(subprocess.check_output(command, text=True)))


def libraries(modules: set[str]) -> set[str]:
    names = {module.partition(".")[0] for module in modules} - sys.stdlib_module_names
    return {name for name in names if not name.startswith("_")}


def test_the_version_is_the_newest_in_the_changelog() -> None:
    newest = re.search(r"^## (\S+)", CHANGELOG.read_text(), re.MULTILINE)
    assert newest is not None
    assert newest[1] == metadata.version(DISTRIBUTION)


def test_the_hard_dependencies_are_four() -> None:
    required = map(Requirement, metadata.requires(DISTRIBUTION) or [])
    hard = {each.name.lower() for each in required if each.marker is None}
    assert hard == {"boto3", "django", "orjson", "pydantic"}


@pytest.mark.parametrize(
    "name", ["wsrouter.models", "django", "boto3", "uvicorn", "aiohttp"]
)
def test_the_import_is_light(name: str) -> None:
    assert name not in modules_after("import wsrouter")


def test_routing_works_in_a_bare_interpreter() -> None:
    before = libraries(modules_after(""))
    loaded = libraries(modules_after(EVERY_MODULE_OF_ROUTING)) - before
    assert loaded <= BELOW_ROUTING, loaded - BELOW_ROUTING
