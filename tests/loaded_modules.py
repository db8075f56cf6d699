"""What a new Python loads."""

import json
import subprocess
import sys

WITH_URLS = """
import os
os.environ["DJANGO_SETTINGS_MODULE"] = "tests.project.settings"
import django
django.setup()
import wsrouter.urls
"""
"""Django started with the tests' project, and the URLs of the endpoint."""


def modules_after(code: str) -> set[str]:
    """The modules that a fresh interpreter has loaded after running `code`."""
    code += "\nimport json, sys\nprint(json.dumps(list(sys.modules)))"
    command = [sys.executable, "-c", code]
    return set(json.loads(subprocess.check_output(command, text=True)))
