"""The examples, by mypy. It is strict but for two: classes of the admin take no types
when they run, and Celery has none."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[3]
CONFIGURATION = """
[mypy]
plugins = mypy_django_plugin.main
python_version = 3.11
[mypy-celery.*]
ignore_missing_imports = true
[mypy.plugins.django-stubs]
django_settings_module = project.settings
"""


@pytest.mark.parametrize("name", ["chat", "dashboard"])
def test_an_example_is_typed(name: str, tmp_path: Path) -> None:
    project = ROOT / "examples" / name
    configuration = tmp_path / "mypy.ini"
    configuration.write_text(CONFIGURATION)
    lenient = ["--allow-any-generics", "--allow-untyped-decorators"]
    options = ["--strict", *lenient, "--follow-imports=silent"]
    places = ["--config-file", str(configuration), "--cache-dir", str(tmp_path)]
    apps = [path.parent.name for path in project.glob("*/__init__.py")]
    assert apps
    done = subprocess.run(
        [sys.executable, "-m", "mypy", *options, *places, *apps],
        cwd=project,
        env=os.environ | {"PYTHONPATH": os.pathsep.join([str(project), str(ROOT)])},
        capture_output=True,
        text=True,
        timeout=600,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
