"""Programs that are no Python packages: a test that lacks one says so by name."""

import shutil

import pytest

from tests.databases import REQUIRED


def program(*names: str) -> str:
    """The path of the first that is installed."""
    for name in names:
        if found := shutil.which(name):
            return found
    problem = f"{' or '.join(names)} is not installed"
    if REQUIRED:
        pytest.fail(f"{problem} (and WSROUTER_REQUIRE_SERVICES is set)", pytrace=False)
    pytest.skip(problem)
