"""docs/explanation/the-house.md says where things are: it has to be true."""

import re
import tomllib
from collections import defaultdict
from pathlib import Path
from typing import Any

ROOT = Path(__file__).parent.parent
PACKAGE = ROOT / "wsrouter"
PAGE = (ROOT / "docs" / "explanation" / "the-house.md").read_text()
ON_NO_FLOOR = {"__init__", "migrations", "templates", "static"}
NOT_WRITTEN = "Not written yet"
SOURCE_FILE = re.compile(r"`([a-z_]+/[a-z_/]+\.(?:py|md))`")


def contracts() -> list[dict[str, object]]:
    settings = tomllib.loads((ROOT / "pyproject.toml").read_text())
    return settings["tool"]["importlinter"]["contracts"]


def layers() -> list[str]:
    """Of the contract of the whole package, from the top."""
    [contract] = [c for c in contracts() if c.get("containers") == ["wsrouter"]]
    found = contract["layers"]
    assert isinstance(found, list)
    return found


def rows(heading: str) -> list[list[str]]:
    """The cells of the first table after a heading, without those of its head."""
    _, _, rest = PAGE.partition(f"\n## {heading}\n")
    assert rest, f"the page has no {heading!r}"
    lines = [line for line in rest.partition("\n## ")[0].splitlines() if line]
    table = [line for line in lines if line.startswith("|")]
    return [[cell.strip() for cell in line.strip("|").split("|")] for line in table[2:]]


def floors() -> dict[int, list[str]]:
    found: dict[int, list[str]] = defaultdict(list)
    for floor, name, _ in rows("The nine floors"):
        found[int(floor)].append(name.strip("`"))
    return dict(found)


def root_names() -> set[str]:
    """The modules and folders at the root of the package."""
    modules = {path.stem for path in PACKAGE.glob("*.py")}
    folders = {path.name for path in PACKAGE.iterdir() if path.is_dir()}
    return (modules | folders) - ON_NO_FLOOR - {"__pycache__"}


def modules_by_name() -> dict[str, list[str]]:
    found: dict[str, list[str]] = defaultdict(list)
    for path in sorted(PACKAGE.rglob("*.py")):
        inner = path.relative_to(PACKAGE)
        if inner.parts[0] != "migrations" and path.stem != "__init__":
            found[path.stem].append(inner.with_suffix("").as_posix())
    return found


def test_the_table_is_the_contract() -> None:
    names = [re.findall(r"\w+", layer) for layer in layers()]
    assert list(floors().values()) == names
    assert list(floors()) == list(range(len(names), 0, -1))


def test_the_floors_whose_modules_may_import_each_other_are_named() -> None:
    number = len(layers())
    shared = [number - place for place, text in enumerate(layers()) if ":" in text]
    assert shared == [9, 7]
    assert "On floors 9 and 7 the modules" in PAGE


def test_everything_at_the_root_is_on_a_floor() -> None:
    named = {name for names in floors().values() for name in names}
    assert root_names() <= named


def test_what_is_not_written_is_said_to_be_so() -> None:
    planned = {
        name.strip("`")
        for _, name, job in rows("The nine floors")
        if job.startswith(NOT_WRITTEN)
    }
    named = {name for names in floors().values() for name in names}
    assert planned == named - root_names()


def test_every_row_has_a_sentence() -> None:
    for _, name, job in rows("The nine floors"):
        assert job.endswith("."), name


def test_names_that_occur_twice_are_listed_with_a_reason() -> None:
    doubled = {n: paths for n, paths in modules_by_name().items() if len(paths) > 1}
    listed = {
        name.strip("`"): re.findall(r"`([\w/]+)`", where)
        for name, where, why in rows("Names that occur twice")
        if why.endswith(".")
    }
    assert listed == doubled


def test_the_folders_without_django_are_named() -> None:
    [plain] = [c for c in contracts() if c.get("forbidden_modules") == ["django"]]
    folders = {name.removeprefix("wsrouter.") for name in plain["source_modules"]}  # type: ignore[attr-defined]
    [item] = re.findall(r"^- (`[^:]+?) are plain\s+Python:", PAGE, re.M)
    assert set(re.findall(r"`(\w+)`", item)) == folders


def test_the_libraries_of_a_folder_are_those_of_its_contract() -> None:
    told = {
        library: re.findall(r"`(\w+)`", folders)
        for libraries, folders in rows("What stays together")
        for library in libraries.split(", ")
    }
    for contract in contracts():
        if contract.get("source_modules") == ["wsrouter"]:
            kept: Any = contract["ignore_imports"]
            folders = [name.split(".")[1] for name in kept]
            for library in contract["forbidden_modules"]:  # type: ignore[attr-defined]
                name = library.removeprefix("_").removeprefix("mypy_")
                name = "boto3" if name.startswith("boto3_") else name
                assert told[name.partition("_")[0]] == folders


def test_files_that_the_page_names_are_there() -> None:
    for name in SOURCE_FILE.findall(PAGE):
        assert (PACKAGE / name).exists() or (ROOT / name).exists(), name
