"""The modules that `ws_local` imports, in fresh processes."""

import subprocess
import sys

import pytest

SCRIPT = """
import importlib, sys
import django
django.setup()
importlib.import_module(sys.argv[1])
print(*sorted(set(sys.argv[2:]) & sys.modules.keys()))
"""


@pytest.mark.parametrize(
    ("module", "unwanted"),
    [
        (
            "wsrouter.management.commands.ws_local",
            ["aiohttp", "boto3", "botocore", "jsonschema", "uvicorn", "websockets"],
        ),
        (
            "wsrouter.local.process.launch",
            ["boto3", "botocore", "jsonschema", "starlette"],
        ),
    ],
)
def test_nothing_is_imported_before_it_is_used(
    module: str, unwanted: list[str]
) -> None:
    done = subprocess.run(
        [sys.executable, "-c", SCRIPT, module, *unwanted],
        env={"DJANGO_SETTINGS_MODULE": "tests.project.settings"},
        capture_output=True,
        text=True,
        check=True,
    )
    assert done.stdout.split() == []
