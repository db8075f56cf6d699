"""The tasks of Django's Tasks framework."""

from contextlib import suppress
from importlib import import_module
from typing import Any

from wsrouter.errors import MissingExtra
from wsrouter.routing import ports


def _framework() -> Any:
    """`django.tasks`, which Django has since 6.0, else the package django-tasks that it
    came from; raises MissingExtra."""
    for name in ("django.tasks", "django_tasks"):
        with suppress(ModuleNotFoundError):
            return import_module(name)
    raise MissingExtra(
        "BACKGROUND 'tasks' needs django-tasks before Django 6.0:"
        " pip install 'django-wsrouter[tasks]'."
    )


task = _framework().task
_NO_WORKERS = {
    "ImmediateBackend": (
        "TASKS has the ImmediateBackend, which sends inside the request"
    ),
    "DummyBackend": "TASKS has the DummyBackend, which never sends",
}


@task(takes_context=True)
def work(context: Any, send: int, gateway: str) -> None:
    """Carry out a slice. The result's id stays the same when the task runs again."""
    ports.sender().work(send, str(context.task_result.id), gateway)


@task()
def end(addresses: list[dict[str, str]]) -> None:
    """Close connections whose session has ended. It is safe to run this twice."""
    ports.sender().end([ports.Address(**address) for address in addresses])


@task()
def reap() -> None:
    """Run `manage.py ws_reap`, for a scheduler of tasks."""
    from django.core.management import call_command

    call_command("ws_reap")


def problem() -> str:
    """Why no worker will carry out a task, or an empty string."""
    backend = type(work.get_backend()).__name__
    return _NO_WORKERS.get(backend, "")


def enqueue(send: int, gateway: str) -> None:
    work.enqueue(send, gateway)


def enqueue_end(addresses: list[dict[str, str]]) -> None:
    end.enqueue(addresses)
