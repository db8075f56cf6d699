"""Databases, each measured in a process of its own, in the tests' project."""

import json
import os
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from typing import Any

PROJECT_DATABASES = ("sqlite", "postgresql", "mysql")


def each_measured(
    databases: Iterable[str], file: Path, measured: Callable[[str], Any]
) -> None:
    """Those that the command line names, or all; what is found goes to `file`, beside
    what that tells of the others."""
    known = list(databases)
    names = sys.argv[1:] or known
    if unknown := [name for name in names if name not in known]:
        sys.exit(f"There is no {unknown[0]!r}, only: {'; '.join(known)}.")
    found = json.loads(file.read_text()) if file.exists() else {}
    for name in names:
        found[name] = measured(name)
        file.write_text(json.dumps(found, indent=2) + "\n")
        print(name, json.dumps(found[name], indent=2))  # noqa: T201


def told(module: str, argument: str, **environment: str) -> Any:
    """What `python -m module --here argument` prints as JSON."""
    done = subprocess.run(
        [sys.executable, "-m", module, "--here", argument],
        env=os.environ | environment,
        stdout=subprocess.PIPE,
        text=True,
        check=True,
    )
    return json.loads(done.stdout)


def run(module: str, measured: Callable[[str], Any]) -> None:
    """The command line of a module that measures in the tests' project: `measured`
    gets a folder, and what it finds goes to results/module.json."""
    if sys.argv[1:2] == ["--here"]:
        print(json.dumps(measured(sys.argv[2])))  # noqa: T201
        return
    file = Path(__file__).parent / "results" / f"{module}.json"
    each_measured(PROJECT_DATABASES, file, partial(_in_project, module))


def _in_project(module: str, database: str) -> Any:
    with tempfile.TemporaryDirectory() as folder:
        return told(
            f"tests.benchmarks.{module}",
            folder,
            WSROUTER_TEST_DATABASE=database,
            DJANGO_SETTINGS_MODULE="tests.project.settings",
        )


@contextmanager
def empty_database(folder: str, **of_sqlite: Any) -> Iterator[None]:
    """Django set up with an empty database; SQLite's is a file in `folder`, opened with
    these options."""
    import django

    django.setup()
    from django.db import connection

    if connection.vendor == "sqlite":
        connection.settings_dict["TEST"]["NAME"] = f"{folder}/bench.sqlite3"
        connection.settings_dict["OPTIONS"] |= of_sqlite
    connection.creation.create_test_db(verbosity=0, autoclobber=True)
    try:
        yield
    finally:
        connection.creation.destroy_test_db("", verbosity=0)
