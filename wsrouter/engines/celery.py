"""The Celery tasks, which Celery finds through `wsrouter.tasks`."""

from collections.abc import Iterator
from contextlib import contextmanager
from time import sleep
from typing import Any

from django.db import InterfaceError, OperationalError

from wsrouter.errors import MissingExtra
from wsrouter.routing import ports

try:
    from celery import current_app, shared_task
except ImportError as error:
    raise MissingExtra(
        "BACKGROUND 'celery' needs Celery: pip install 'django-wsrouter[celery]'."
    ) from error

PAUSE_SECONDS = 1.0
"""Where the database is away. A worker that went on would take one task after another,
let it fail, and hold it in its memory until the next attempt."""


@shared_task(
    bind=True,
    name="wsrouter.work",
    acks_late=True,
    reject_on_worker_lost=True,
    ignore_result=True,
    autoretry_for=(Exception,),
    retry_backoff=True,
    max_retries=8,
)
def work(self: Any, send: int, gateway: str) -> None:
    """Carry out a slice. The request's id stays the same when the task is delivered
    again."""
    with _paused_without_database():
        ports.sender().work(send, self.request.id, gateway)


@shared_task(
    name="wsrouter.end",
    acks_late=True,
    ignore_result=True,
    autoretry_for=(Exception,),
    retry_backoff=True,
    max_retries=8,
)
def end(addresses: list[dict[str, str]]) -> None:
    """Close connections whose session has ended. It is safe to run this twice."""
    with _paused_without_database():
        ports.sender().end([ports.Address(**address) for address in addresses])


@shared_task(name="wsrouter.reap", ignore_result=True)
def reap() -> None:
    """Run `manage.py ws_reap`, for Celery beat."""
    from django.core.management import call_command

    call_command("ws_reap")


@contextmanager
def _paused_without_database() -> Iterator[None]:
    try:
        yield
    except (InterfaceError, OperationalError):
        sleep(PAUSE_SECONDS)
        raise


def problem() -> str:
    """Why no worker will carry out a task, or an empty string."""
    if current_app.conf.task_always_eager:
        return "task_always_eager makes Celery send inside the request"
    return ""


def enqueue(send: int, gateway: str) -> None:
    work.delay(send, gateway)


def enqueue_end(addresses: list[dict[str, str]]) -> None:
    end.delay(addresses)
