"""The wheel of this tree, where pip looks first, and a home without anything in it."""

import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest

from tests.docs_shell.reader import Reader
from tests.docs_shell.terminal import clean_environment

ROOT = Path(__file__).parents[2]


@pytest.fixture(scope="session")
def wheels(tmp_path_factory: pytest.TempPathFactory) -> str:
    """What to tell pip by PIP_FIND_LINKS."""
    folder = tmp_path_factory.mktemp("wheels")
    build = [sys.executable, "-m", "pip", "wheel", "-q", "--no-deps", "-w", str(folder)]
    subprocess.run([*build, str(ROOT)], check=True, timeout=600)
    return f"{folder} {os.environ.get('PIP_FIND_LINKS', '')}".strip()


@pytest.fixture
def environment(wheels: str, tmp_path: Path) -> dict[str, str]:
    home = tmp_path / "home"
    home.mkdir()
    return clean_environment(home, PIP_FIND_LINKS=wheels)


@pytest.fixture
def reader(environment: dict[str, str], tmp_path: Path) -> Iterator[Reader]:
    folder = tmp_path / "work"
    folder.mkdir()
    with ExitStack() as leaving:
        yield Reader(folder, environment, leaving)
