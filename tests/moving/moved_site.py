"""The project in a process, API Gateway before it, and commands in it."""

import os
import re
import secrets
import shutil
import signal
import subprocess
import sys
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from tests.e2e.ws_local_stack import eventually, listens
from tests.ports import free_port
from tests.simulated_aws.api_gateway import MemoryApiGateway

HERE = Path(__file__).parent
ROOT = HERE.parents[1]
WAIT_SECONDS = 60
CHANGED = re.compile(r"^(?:[-+~] .+|Nothing has changed\.)$", re.M)
"""A line of `ws_local` about what it has read again."""


@dataclass
class Site:
    """`control_plane` is the URL of `aws`, where APIs are published."""

    folder: Path
    control_plane: str
    aws: MemoryApiGateway
    api_id: str = ""
    port: int = field(default_factory=free_port)
    gateway_port: int = field(default_factory=free_port)
    django: "subprocess.Popen[bytes] | None" = None
    gateway: "subprocess.Popen[bytes] | None" = None
    secret: str = field(default_factory=lambda: secrets.token_urlsafe(48))

    def __post_init__(self) -> None:
        shutil.copytree(HERE / "project", self.project)

    @property
    def project(self) -> Path:
        return self.folder / "project"

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def log(self, name: str) -> str:
        """What `gateway` or `django` has printed so far."""
        return (self.folder / f"{name}.txt").read_text()

    @property
    def environment(self) -> dict[str, str]:
        gateway = f"127.0.0.1:{self.gateway_port}/production"
        names = ("DJANGO_SETTINGS_MODULE", "PYTEST_CURRENT_TEST")
        inherited = {k: v for k, v in os.environ.items() if k not in names}
        path = [str(ROOT), *os.environ.get("PYTHONPATH", "").split(os.pathsep)]
        return inherited | {
            "API_ID": self.api_id,
            "AWS_ACCESS_KEY_ID": "test",
            "AWS_ENDPOINT_URL_APIGATEWAYV2": self.control_plane,
            "AWS_SECRET_ACCESS_KEY": "test",
            "GATEWAY_SECRET": self.secret[::-1],
            "PYTHONPATH": os.pathsep.join(filter(None, path)),
            "PYTHONUNBUFFERED": "1",
            "SITE_PORT": str(self.port),
            "SOCKET_URL": f"ws://{gateway}",
            "WSROUTER_MANAGEMENT_ENDPOINT": f"http://{gateway}",
            "WSROUTER_SECRET": self.secret,
        }

    @property
    def our_routes(self) -> set[str]:
        """The routes that the stage leads to wsrouter."""
        live = self.aws.live(self.api_id, "production")
        ours = {
            f"integrations/{found['IntegrationId']}"
            for found in live["integration"].values()
            if found.get("Description") == "wsrouter:default"
        }
        routes = live["route"].values()
        return {route["RouteKey"] for route in routes if route["Target"] in ours}

    def manage(self, *arguments: str, code: int = 0) -> str:
        """Run a management command to its end; what it prints."""
        done = subprocess.run(
            [sys.executable, "manage.py", *arguments],
            cwd=self.project,
            env=self.environment,
            capture_output=True,
            text=True,
            timeout=WAIT_SECONDS,
            check=False,
        )
        assert done.returncode == code, done.stdout + done.stderr
        return done.stdout

    def shell(self, code: str) -> str:
        return self.manage("shell", "-v", "0", "-c", code).strip()

    def deploy(self) -> None:
        """Start the project's code as it is now."""
        self.end_django()
        command = ("manage.py", "runserver", "--noreload", str(self.port))
        self.django = self._start("django", *command)
        eventually(lambda: listens(self.port) or self.django.poll() is not None)
        assert self.django.poll() is None, self.log("django")

    def publish(self, *options: str) -> str:
        """Run `ws_sync`, and let the gateway serve what it has published."""
        printed = self.manage("ws_sync", "--no-input", *options, *self.place)
        self.reload_gateway()
        return printed

    @property
    def place(self) -> tuple[str, ...]:
        return ("--endpoint-url", self.control_plane)

    def open_gateway(self) -> None:
        """Let `ws_local` serve what is published: it stays through all steps."""
        ports = ("--port", str(self.gateway_port), "--no-django", "--published")
        settings = {"DJANGO_SETTINGS_MODULE": "tests.moving.gateway_settings"}
        command = ("-m", "django", "ws_local", *ports, *self.place)
        self.gateway = self._start("gateway", *command, settings=settings)
        eventually(lambda: listens(self.gateway_port) or self._has_ended())
        assert not self._has_ended(), self.log("gateway")

    def reload_gateway(self) -> None:
        """Read what is published again, and wait until it says what has changed."""
        assert self.gateway
        before = len(CHANGED.findall(self.log("gateway")))
        self.gateway.send_signal(signal.SIGUSR1)
        eventually(lambda: len(CHANGED.findall(self.log("gateway"))) > before)

    def _has_ended(self) -> bool:
        return self.gateway is not None and self.gateway.poll() is not None

    def _start(
        self, name: str, *arguments: str, settings: Mapping[str, str] | None = None
    ) -> "subprocess.Popen[bytes]":
        with (self.folder / f"{name}.txt").open("ab") as log:
            return subprocess.Popen(
                [sys.executable, *arguments],
                cwd=self.project,
                env=self.environment | dict(settings or {}),
                stdout=log,
                stderr=log,
            )

    def end_django(self) -> None:
        _end(self.django)

    def end(self) -> None:
        for process in (self.gateway, self.django):
            _end(process)


def _end(process: "subprocess.Popen[bytes] | None") -> None:
    if process and process.poll() is None:
        process.send_signal(signal.SIGTERM)
        process.wait(timeout=WAIT_SECONDS)
