"""What checks a change elsewhere says the same as noxfile.py and pyproject.toml."""

import configparser
import re
import runpy
import tomllib
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import nox.registry
import pytest
import yaml

ROOT = Path(__file__).parents[1]
PYPROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text())
WORKFLOW = yaml.safe_load((ROOT / ".github/workflows/ci.yml").read_text())
JOBS: dict[str, Any] = WORKFLOW["jobs"]
TRIGGERS = WORKFLOW[True]  # YAML 1.1 reads `on` as a boolean
SCHEDULED = {"brokers", "databases", "docs_shell", "examples", "fuzz", "linkcheck"}
NEXT_PYTHON = "3.14"
EVERY_TIME = {
    "consoles",
    "docs",
    "documents",
    "lint",
    "lowest",
    "matrix",
    "moving",
    "package",
    "pages",
    "published",
    "tests",
    "types",
}


@pytest.fixture
def noxfile(monkeypatch: pytest.MonkeyPatch) -> SimpleNamespace:
    monkeypatch.chdir(ROOT)
    nox.registry.reset()
    names = runpy.run_path("noxfile.py")
    return SimpleNamespace(**names, registered=set(nox.registry.get()))


def steps(job: str) -> list[dict[str, Any]]:
    return list(JOBS[job]["steps"])


def sessions(job: str) -> set[str]:
    """The sessions that a job runs, with the values of its matrix put in."""
    (command,) = [step["run"] for step in steps(job) if "nox -s" in step.get("run", "")]
    (name,) = re.findall(r"nox -s \"?([^\"\n]+?)(?: -- .+)?\"?$", command)
    if name == "${{ matrix.session }}":
        return set(JOBS[job]["strategy"]["matrix"]["session"])
    return {name.partition("(")[0]}


def python_of(job: str) -> str:
    (version,) = [
        step["with"]["python-version"]
        for step in steps(job)
        if step.get("uses", "").startswith("actions/setup-python@")
    ]
    return str(version)


def test_each_session_exists(noxfile: SimpleNamespace) -> None:
    named = set().union(*map(sessions, JOBS))
    assert named == EVERY_TIME | SCHEDULED
    assert named <= noxfile.registered


def test_the_pairs_are_those_of_the_noxfile(noxfile: SimpleNamespace) -> None:
    rows = JOBS["matrix"]["strategy"]["matrix"]["include"]
    pairs = [f"{row['python']}-{row['django']}" for row in rows]
    assert pairs == [pair.id for pair in noxfile.PAIRS]
    commands = [step.get("run") for step in steps("matrix")]
    assert 'nox -s "matrix(${{ matrix.python }}-${{ matrix.django }})"' in commands


def test_every_job_sets_up_a_python_that_is_supported(noxfile: SimpleNamespace) -> None:
    for job in set(JOBS) - {"next-python"}:
        assert python_of(job) in {*noxfile.PYTHONS, "${{ matrix.python }}"}


def test_the_python_that_comes_next_may_fail(noxfile: SimpleNamespace) -> None:
    """Without a classifier, so nothing else runs on it."""
    newest = int(noxfile.PYTHONS[-1].partition(".")[2])
    assert f"3.{newest + 1}" == NEXT_PYTHON
    assert python_of("next-python") == NEXT_PYTHON
    assert JOBS["next-python"]["continue-on-error"] is True
    others = [job for job in JOBS if JOBS[job].get("continue-on-error")]
    assert others == ["next-python"]


def test_what_takes_long_is_scheduled() -> None:
    assert {"pull_request", "push", "schedule"} <= set(TRIGGERS)
    conditional = {job for job in JOBS if "schedule" in JOBS[job].get("if", "")}
    assert set().union(*map(sessions, conditional)) == SCHEDULED


def test_servers_are_containers() -> None:
    services = {job: set(JOBS[job].get("services", ())) for job in JOBS}
    assert services["tests"] == {"postgres", "mariadb"}
    assert services["databases"] == services["tests"]
    assert services["brokers"] == {"redis", "rabbitmq"}
    assert WORKFLOW["env"]["WSROUTER_REQUIRE_SERVICES"]


def test_actions_are_pinned_to_major_versions() -> None:
    used = [step["uses"] for job in JOBS for step in steps(job) if "uses" in step]
    assert used
    for action in used:
        assert re.fullmatch(r"actions/[a-z-]+@v\d+", action)


def test_ruff_before_a_commit_is_that_of_the_lint_session(
    noxfile: SimpleNamespace,
) -> None:
    config = yaml.safe_load((ROOT / ".pre-commit-config.yaml").read_text())
    (repo,) = config["repos"]
    assert repo["repo"] == "local"
    commands = [hook["entry"].split()[:2] for hook in repo["hooks"]]
    assert commands == [["ruff", "check"], ["ruff", "format"]]
    for hook in repo["hooks"]:
        assert hook["additional_dependencies"] == [noxfile.DEV["ruff"]]


def test_editors_format_as_ruff_does() -> None:
    config = configparser.ConfigParser()
    config.read_string("[top]\n" + (ROOT / ".editorconfig").read_text())
    ruff = PYPROJECT["tool"]["ruff"]
    assert config["*.py"]["max_line_length"] == str(ruff["line-length"])
    assert config["*.{py,toml}"]["indent_size"] == "4"
    assert config["*"]["indent_style"] == "space"


def test_issue_forms_ask_for_what_a_bug_needs() -> None:
    forms = {
        path.stem: yaml.safe_load(path.read_text())
        for path in (ROOT / ".github/ISSUE_TEMPLATE").glob("*.yml")
    }
    assert set(forms) == {"bug", "config", "feature"}
    asked = {field["id"] for field in forms["bug"]["body"] if "id" in field}
    assert asked >= {"versions", "settings", "sent", "came"}
    (settings,) = [f for f in forms["bug"]["body"] if f.get("id") == "settings"]
    assert "without the value of `SECRET`" in settings["attributes"]["description"]
