"""The example project in processes of its own, as its users run it."""

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

PROJECT = Path(__file__).parents[2] / "examples" / "notifications"
USERS = """
from django.contrib.auth.models import User
User.objects.create_user("ada", password="ada")
User.objects.create_superuser("root", password="root")
"""


@dataclass
class Notifications:
    """The site, the local gateway in front of it, and their database."""

    folder: Path
    project: Path = PROJECT
    port: int = field(default_factory=free_port)
    django_port: int = field(default_factory=free_port)

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.django_port}"

    @property
    def socket_url(self) -> str:
        return f"ws://127.0.0.1:{self.port}/production"

    @property
    def environment(self) -> dict[str, str]:
        inherited = {
            name: value
            for name, value in os.environ.items()
            if name != "DJANGO_SETTINGS_MODULE"
        }
        return inherited | {
            "AWS_ACCESS_KEY_ID": "test",
            "AWS_SECRET_ACCESS_KEY": "test",
            "EXAMPLE_DATABASE": str(self.folder / "db.sqlite3"),
            "PYTHONUNBUFFERED": "1",
            "WSROUTER_MANAGEMENT_ENDPOINT": f"http://127.0.0.1:{self.port}/production",
        }

    def manage(self, *arguments: str) -> str:
        """Run a management command to its end and return all of its output."""
        done = subprocess.run(
            [sys.executable, "-Werror", "manage.py", *arguments],
            cwd=self.project,
            env=self.environment,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            timeout=120,
            check=False,
        )
        assert done.returncode == 0, done.stdout
        return done.stdout

    def shell(self, code: str) -> str:
        return self.manage("shell", "--verbosity", "0", "--command", code)

    def prepare(self) -> None:
        """Make the database, with two users in it."""
        self.manage("migrate", "--verbosity", "0")
        self.shell(USERS)

    @contextmanager
    def running(self) -> Iterator["Notifications"]:
        """Runs `ws_local` until the block ends."""
        self.prepare()
        command, log = [sys.executable, "manage.py"], self.folder / "log.txt"
        options: dict[str, Any] = {"cwd": self.project, "env": self.environment}
        with running_ws_local(command, log, self.port, self.django_port, **options):
            yield self
