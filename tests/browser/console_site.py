"""The site with the console in processes of its own, behind a local gateway."""

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from tests.e2e.ws_local_stack import running_ws_local
from tests.ports import free_port

ROOT = Path(__file__).parents[2]


@dataclass
class ConsoleSite:
    """`policy` is `"django"` for the middleware of Django 6, else a header that may
    allow the console's socket (`"header"`) or not (`"forbidding"`)."""

    folder: Path
    policy: str = "header"
    router: str = "tests.browser.console_routes.router"
    options: dict[str, object] = field(default_factory=dict)
    port: int = field(default_factory=free_port)
    django_port: int = field(default_factory=free_port)

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.django_port}"

    @property
    def environment(self) -> dict[str, str]:
        origin = f"ws://127.0.0.1:{self.port}"
        return os.environ | {
            "AWS_ACCESS_KEY_ID": "test",
            "AWS_SECRET_ACCESS_KEY": "test",
            "CONSOLE_CONNECT": origin if self.policy == "header" else "",
            "CONSOLE_CSP": self.policy,
            "CONSOLE_FOLDER": str(self.folder),
            "CONSOLE_OPTIONS": json.dumps(self.options | {"ROUTER": self.router}),
            "DJANGO_SETTINGS_MODULE": "tests.browser.console_settings",
            "PYTHONPATH": os.pathsep.join(
                [str(ROOT), os.environ.get("PYTHONPATH", "")]
            ),
        }

    def manage(self, *arguments: str) -> None:
        command = [sys.executable, "-m", "django", *arguments]
        subprocess.run(command, cwd=ROOT, env=self.environment, check=True, timeout=120)

    def shell(self, code: str) -> None:
        self.manage("shell", "--verbosity", "0", "--command", code)

    @contextmanager
    def running(self) -> Iterator["ConsoleSite"]:
        """Runs `ws_local` and the site, until the block ends."""
        self.manage("migrate", "--verbosity", "0")
        self.manage("collectstatic", "--no-input", "--verbosity", "0")
        command, log = [sys.executable, "-m", "django"], self.folder / "log.txt"
        options: dict[str, Any] = {"cwd": ROOT, "env": self.environment}
        with running_ws_local(command, log, self.port, self.django_port, **options):
            yield self
