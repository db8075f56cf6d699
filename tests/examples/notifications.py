"""The example project in processes of its own, as its users run it."""

import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from tests.e2e.ws_local_stack import TIMEOUT_SECONDS, eventually, listens
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
            cwd=PROJECT,
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

    @contextmanager
    def running(self) -> Iterator["Notifications"]:
        """Runs `ws_local`, with two users in the database, until the block ends."""
        self.manage("migrate", "--verbosity", "0")
        self.shell(USERS)
        ports = ["--port", str(self.port), "--django-port", str(self.django_port)]
        log = self.folder / "log.txt"
        with log.open("wb") as output:
            process = subprocess.Popen(
                [sys.executable, "manage.py", "ws_local", *ports],
                cwd=PROJECT,
                env=self.environment,
                stdout=output,
                stderr=output,
                start_new_session=True,
            )
        try:
            eventually(lambda: process.poll() is not None or self._is_ready())
            assert process.poll() is None, log.read_text()
            yield self
        finally:
            process.send_signal(signal.SIGINT)
            process.wait(timeout=TIMEOUT_SECONDS)

    def _is_ready(self) -> bool:
        return listens(self.port) and listens(self.django_port)
