"""Task engines on this machine, each with a queue of its own."""

import os
import shutil
import socket
import subprocess
import sys
import uuid
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from urllib.parse import urlsplit

REDIS = os.environ.get("WSROUTER_TEST_REDIS", "redis://127.0.0.1:6379/9")
RABBITMQ = os.environ.get(
    "WSROUTER_TEST_RABBITMQ", "amqp://guest:guest@127.0.0.1:5672//"
)
_CELERY = [
    *("celery", "-A", "tests.services.app", "worker", "-P", "solo", "-l", "INFO"),
    *("--without-gossip", "--without-mingle", "--without-heartbeat"),
]


class Unreachable(Exception):
    """A server does not answer."""


@dataclass(frozen=True, kw_only=True)
class Engine:
    """How to start a worker."""

    command: list[str]
    environment: Mapping[str, str] = field(default_factory=dict)


@contextmanager
def celery(broker: str) -> Iterator[Engine]:
    name = f"wsrouter-{uuid.uuid4().hex}"
    variables = {
        "SERVICES_ENGINE": "celery",
        "SERVICES_BROKER": broker,
        "SERVICES_QUEUE": name,
    }
    yield Engine(command=[sys.executable, "-m", *_CELERY], environment=variables)


@contextmanager
def celery_on_redis() -> Iterator[Engine]:
    """Its keys have the queue's name as their prefix, and end with the test."""
    import redis

    _reach(REDIS)
    with celery(REDIS) as engine:
        yield engine
        with redis.Redis.from_url(REDIS) as client:
            for key in client.scan_iter(f"{engine.environment['SERVICES_QUEUE']}:*"):
                client.delete(key)


@contextmanager
def celery_on_rabbitmq() -> Iterator[Engine]:
    """In a virtual host that ends with the test, where that can be made."""
    _reach(RABBITMQ)
    if not shutil.which("rabbitmqctl"):
        with celery(RABBITMQ) as engine:
            yield engine
        return
    url, name = urlsplit(RABBITMQ), f"wsrouter-{uuid.uuid4().hex}"
    _rabbitmqctl("add_vhost", name)
    try:
        _rabbitmqctl(
            "set_permissions", "-p", name, url.username or "guest", ".*", ".*", ".*"
        )
        with celery(url._replace(path=f"/{name}").geturl()) as engine:
            yield engine
    finally:
        _rabbitmqctl("delete_vhost", name)


@contextmanager
def tasks() -> Iterator[Engine]:
    """Django's Tasks, kept in the database that everything else is in."""
    command = [sys.executable, "-m", "django", "db_worker", "--interval", "0.1"]
    yield Engine(command=command, environment={"SERVICES_ENGINE": "tasks"})


ENGINES = {
    "celery on redis": celery_on_redis,
    "celery on rabbitmq": celery_on_rabbitmq,
    "tasks": tasks,
}


def _reach(server: str) -> None:
    url = urlsplit(server)
    try:
        socket.create_connection((url.hostname, url.port), 5).close()
    except OSError as error:
        raise Unreachable(f"{url.hostname}:{url.port}: {error}") from error


def _rabbitmqctl(*arguments: str) -> None:
    subprocess.run(["rabbitmqctl", "-q", *arguments], check=True, capture_output=True)
