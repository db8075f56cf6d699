"""Publishes the routes, serves them and runs a client, without an AWS account.

`--once` stops after the transcript; the exit status is 0 only if every step held.
"""

import argparse
import contextlib
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any
from urllib.error import URLError
from urllib.parse import urlsplit
from urllib.request import urlopen

from tour import STEPS, StepFailed, Tour

HERE = Path(__file__).resolve().parent
LOG = HERE / "demo.log"
READY_SECONDS = 60
AWS = {
    "AWS_ACCESS_KEY_ID": "demo",
    "AWS_SECRET_ACCESS_KEY": "demo",
    "AWS_DEFAULT_REGION": "eu-west-1",
}
USER = """
from django.contrib.auth.models import User
user, _ = User.objects.get_or_create(
    username="demo", defaults={"is_staff": True, "is_superuser": True}
)
user.set_password("demo")
user.save()
"""


def main() -> int:
    arguments = parsed()
    on_signals(signal.default_int_handler)  # like Ctrl-C
    try:
        with ExitStack() as running:
            return show(arguments, running)
    except (StepFailed, subprocess.CalledProcessError) as error:
        print(f"\nThe demo stopped: {error}", file=sys.stderr)
        print(f"The output of the servers is in {LOG}.", file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        return 0


def on_signals(handler: Any) -> None:
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, handler)


def parsed() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--once", action="store_true", help="stop after the transcript")
    parser.add_argument("--port", type=int, default=8001, help="of the WebSockets")
    parser.add_argument("--django-port", type=int, default=8000)
    return parser.parse_args()


def show(arguments: argparse.Namespace, running: ExitStack) -> int:
    LOG.write_bytes(b"")
    refuse_taken(arguments.port, "--port")
    refuse_taken(arguments.django_port, "--django-port")
    headline("A database and a user (demo, password demo)")
    manage("migrate", "--verbosity", "0")
    manage("shell", "--verbosity", "0", "--command", USER)

    headline("ws_sync publishes the routes to an API Gateway emulator (MiniStack)")
    control_plane = running.enter_context(emulator())
    manage("ws_sync", "--no-input", "--endpoint-url", control_plane)
    print("\nA second run: there is nothing left to do.")
    manage("ws_sync", "--check", "--endpoint-url", control_plane)

    headline("ws_local serves what is published, and runs Django")
    site = f"http://127.0.0.1:{arguments.django_port}"
    socket_url = f"ws://127.0.0.1:{arguments.port}/production"
    running.enter_context(local_gateway(arguments, site, control_plane))

    headline("A client that knows only the URL")
    Tour(site, socket_url).run(STEPS)

    print(f"\nEvery step held. The output of the servers is in {LOG.name}.")
    if not arguments.once:
        stay(site, socket_url)
    return 0


def stay(site: str, socket_url: str) -> None:
    print(f"\nThe page is {site}/ (demo, password demo), the admin {site}/admin/;")
    print(f"sockets connect to {socket_url}, and")
    print(f"{status_page(socket_url)} shows live traffic. Ctrl-C ends it.", flush=True)
    signal.pause()


def status_page(socket_url: str) -> str:
    return f"http://{urlsplit(socket_url).netloc}/"


def refuse_taken(port: int, option: str) -> None:
    """Otherwise another server that listens at the port would answer."""
    try:
        socket.create_server(("127.0.0.1", port)).close()
    except OSError as error:
        raise StepFailed(
            f"port {port} is taken; {option} takes another one, as in"
            f" `nox -s demo -- {option} {port + 10}`."
        ) from error


def headline(text: str) -> None:
    print(f"\n== {text}", flush=True)


def manage(*arguments: str) -> None:
    command = [sys.executable, "manage.py", *arguments]
    subprocess.run(command, cwd=HERE, env=os.environ | AWS, check=True)


@contextmanager
def emulator() -> Iterator[str]:
    """MiniStack on a free port of this machine."""
    with contextlib.closing(socket.create_server(("127.0.0.1", 0))) as free:
        port = free.getsockname()[1]
    settings = {
        "GATEWAY_PORT": str(port),
        "BIND_HOST": "127.0.0.1",
        "SFTP_ENABLED": "0",
        "IOT_MTLS_ENABLED": "0",
    }
    url = f"http://127.0.0.1:{port}"
    with process([sys.executable, "-m", "ministack"], AWS | settings) as ministack:
        wait_for(f"{url}/_ministack/health", ministack)
        yield url


@contextmanager
def local_gateway(
    arguments: argparse.Namespace, site: str, control_plane: str
) -> Iterator[None]:
    command = [sys.executable, "manage.py", "ws_local", "--published"]
    command += ["--endpoint-url", control_plane]
    command += ["--port", str(arguments.port)]
    command += ["--django-port", str(arguments.django_port)]
    variables = {
        "EXAMPLE_CONTROL_PLANE": control_plane,  # for the Gateways page of the admin
        "EXAMPLE_LOGIN_HINT": "Log in as demo, with the password demo.",
    }
    with process(command, AWS | variables) as gateway:
        wait_for(f"{site}/login/", gateway)
        wait_for(f"http://127.0.0.1:{arguments.port}/production", gateway)
        yield


@contextmanager
def process(
    command: list[str], environment: dict[str, str]
) -> Iterator[subprocess.Popen[bytes]]:
    """A process that runs during the block, and is then interrupted as with Ctrl-C."""
    with LOG.open("ab") as output:
        started = subprocess.Popen(
            command,
            cwd=HERE,
            env=os.environ | environment,
            stdout=output,
            stderr=output,
            start_new_session=True,
        )
    try:
        yield started
    finally:
        on_signals(signal.SIG_IGN)  # a second Ctrl-C must not leave servers behind
        started.send_signal(signal.SIGINT)
        try:
            started.wait(timeout=15)
        except subprocess.TimeoutExpired:
            started.kill()
            started.wait()


def wait_for(url: str, server: subprocess.Popen[bytes]) -> None:
    """Wait until the URL is answered, with any status."""
    for _ in range(READY_SECONDS * 10):
        if server.poll() is not None:
            raise StepFailed(f"a server ended with status {server.returncode}.")
        try:
            urlopen(url, timeout=5).close()
        except URLError as error:
            if hasattr(error, "code"):
                return
            time.sleep(0.1)
        else:
            return
    raise StepFailed(f"{url} does not answer.")


if __name__ == "__main__":
    sys.exit(main())
