"""The names that users may rely on are those of `docs/reference/names.md`."""

import re
import subprocess
import sys
import tomllib
from collections.abc import Iterator
from importlib import import_module
from pathlib import Path
from typing import Any

import pytest

import wsrouter
from tests.test_frozen_names import (
    CELERY_TASKS,
    LOGGERS,
    METRICS,
    PERMISSIONS,
    TELEMETRY_ATTRIBUTES,
)
from wsrouter import MissingExtra, errors
from wsrouter.routing import library_routes
from wsrouter.wire import stream_frames

ROOT = Path(__file__).parents[1]
SECTION = re.compile(
    r"^## `(wsrouter[\w.]*)`$(.*?)(?=^## |\Z)", re.DOTALL | re.MULTILINE
)
FIRST_CELL = re.compile(r"^\| (`.+?`) \|", re.MULTILINE)
NAME = re.compile(r"`(\w+)")
PAGES = sorted(
    [*ROOT.glob("*.md"), *ROOT.glob("docs/**/*.md"), *ROOT.glob("examples/**/*.md")]
)
PROGRAMS = sorted(ROOT.glob("examples/**/*.py"))
IMPORT = re.compile(r"from (wsrouter[\w.]*) import ([\w, ]+|\([\w,\s]+\))")
DOTTED = re.compile(r"(?<![\w./-])wsrouter(?:\.\w+)+")
FRAMES = {*library_routes.KEYS, stream_frames.SKIPPED}
TELEMETRY = TELEMETRY_ATTRIBUTES | METRICS
NO_IMPORTS = LOGGERS | CELERY_TASKS | PERMISSIONS | FRAMES | TELEMETRY
CHECK_ID = re.compile(r"wsrouter\.[EW]\d{3}")


def documented() -> dict[str, list[str]]:
    """The names of the page, by module."""
    page = (ROOT / "docs/reference/names.md").read_text()
    return {
        module: [
            name for cell in FIRST_CELL.findall(text) for name in NAME.findall(cell)
        ]
        for module, text in SECTION.findall(page)
    }


DOCUMENTED = documented()
MODULES = sorted(DOCUMENTED)


def imported() -> Iterator[tuple[Path, str, str]]:
    """What pages and examples import from wsrouter: file, module, name."""
    for path in (*PAGES, *PROGRAMS):
        for module, names in IMPORT.findall(path.read_text()):
            for name in re.findall(r"\w+", names):
                yield path, module, name


def resolved(path: str) -> Any:
    """What a dotted path leads to."""
    module, _, name = path.rpartition(".")
    try:
        return import_module(path)
    except ModuleNotFoundError:
        return getattr(resolved(module), name)


@pytest.mark.parametrize("module", MODULES)
def test_the_page_lists_the_names_of_each_module(module: str) -> None:
    names = DOCUMENTED[module]
    found = pytest.importorskip(module, exc_type=MissingExtra)
    assert names
    assert len(set(names)) == len(names)
    assert [name for name in names if not hasattr(found, name)] == []
    if hasattr(found, "__all__"):
        assert set(names) == set(found.__all__)


@pytest.mark.parametrize("module", MODULES)
def test_each_list_of_names_is_sorted(module: str) -> None:
    found = pytest.importorskip(module, exc_type=MissingExtra)
    names = list(getattr(found, "__all__", ()))
    assert names == sorted(names)


@pytest.mark.parametrize(
    "module",
    ["connections", "groups", "identity", "otel", "signals", "testing", "tickets"],
)
def test_modules_for_users_list_their_names(module: str) -> None:
    assert f"wsrouter.{module}" in MODULES
    assert import_module(f"wsrouter.{module}").__all__


def test_dir_shows_the_public_names() -> None:
    assert dir(wsrouter) == wsrouter.__all__


def test_an_unknown_name_is_an_attribute_error() -> None:
    with pytest.raises(AttributeError, match="'wsrouter' has no attribute 'nothing'"):
        wsrouter.nothing  # noqa: B018


def test_names_are_loaded_when_they_are_used() -> None:
    code = "import sys, wsrouter; print([m for m in sys.modules if 'wsrouter.' in m])"
    found = subprocess.check_output([sys.executable, "-c", code], text=True, cwd=ROOT)
    assert found.strip() == "[]"


def test_the_version_is_that_of_the_distribution() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    assert wsrouter.__version__ == project["version"]


def test_every_error_that_the_pages_name_is_public() -> None:
    kinds = {
        name
        for name, kind in vars(errors).items()
        if isinstance(kind, type) and issubclass(kind, errors.WSRouterError)
    }
    words = set(re.findall(r"\w+", " ".join(page.read_text() for page in PAGES)))
    named = (kinds | {"ConfigurationError"}) & words
    assert "EventTooLarge" in named
    assert named <= set(wsrouter.__all__)


def test_pages_and_examples_import_what_is_public() -> None:
    found = list(imported())
    assert {"connections", "Router"} <= {name for _, _, name in found}
    for path, module, name in found:
        submodule = f"{module}.{name}" in DOCUMENTED
        assert submodule or name in DOCUMENTED.get(module, ()), (path, module, name)


def test_dotted_paths_on_the_pages_exist() -> None:
    paths = {found for page in PAGES for found in DOTTED.findall(page.read_text())}
    assert "wsrouter.connections.end_stale" in paths
    for path in sorted(paths - NO_IMPORTS):
        if not CHECK_ID.fullmatch(path):
            assert resolved(path) is not None
