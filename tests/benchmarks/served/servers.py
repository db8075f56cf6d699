"""The servers, one worker each, as docs/howto/deploy.md starts them."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from tests.benchmarks.gateway import processes
from tests.benchmarks.gateway.processes import Measured

SETTINGS = "tests.benchmarks.served.settings"


@dataclass(frozen=True)
class Server:
    name: str
    interface: str
    line: str
    address: str = "--host 127.0.0.1 --port {port}"


SERVERS = [
    Server(
        "gunicorn, WSGI",
        "wsgi",
        "gunicorn {application} --workers 1 --threads 8 --keep-alive 75",
        "--bind 127.0.0.1:{port}",
    ),
    Server(
        "Granian, WSGI",
        "wsgi",
        "granian --interface wsgi {application} --workers 1 --blocking-threads 8",
    ),
    Server(
        "uvicorn, ASGI",
        "asgi",
        "uvicorn {application} --workers 1 --lifespan off --no-access-log",
    ),
    Server(
        "Granian, ASGI",
        "asgi",
        "granian --interface asginl {application} --workers 1",
    ),
]


@contextmanager
def running(
    server: Server, application: str, folder: Path, **variables: str
) -> Iterator[Measured]:
    """It listens at a free port; `variables` are those of its environment."""
    port = processes.free_port()
    line = f"{server.line} {server.address}"
    command = line.format(application=application, port=port).split()
    variables = {"DJANGO_SETTINGS_MODULE": SETTINGS} | variables
    with processes.running(command, folder, port, **variables) as started:
        yield started
