"""A Celery application with one event, and the command that sends it.

python -m tests.services.app RECIPIENTS | resume | logout
"""

import os
import sys
from datetime import timedelta
from pathlib import Path
from typing import Any

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "tests.services.settings")

from celery import Celery
from celery.signals import worker_init
from django.dispatch import receiver

from wsrouter import Router
from wsrouter.signals import delivered

app = Celery("services", broker=os.environ.get("SERVICES_BROKER"))
app.conf.task_default_queue = os.environ.get("SERVICES_QUEUE", "services")
app.conf.worker_prefetch_multiplier = 1
app.autodiscover_tasks()
router = Router()
told = router.event("told", str)


@worker_init.connect
def _prepare(**_: Any) -> None:
    shorten_leases()


@receiver(delivered)
def _note(delivery: Any, **_: Any) -> None:
    with Path(os.environ["SERVICES_REPORTS"]).open("a") as file:
        file.write(f"{delivery.status} {delivery.report.delivered}\n")


def shorten_leases() -> None:
    """Two minutes are long for a test."""
    from wsrouter import ledger

    ledger.LEASE = timedelta(seconds=5)


def resume() -> None:
    """What cron does."""
    import django

    django.setup()
    from django.core.management import call_command

    shorten_leases()
    call_command("ws_reap", check=0)


def send(count: int) -> None:
    import django

    django.setup()
    from django.core.management import call_command
    from django.utils import timezone

    from wsrouter.models import OpenConnection

    call_command("migrate", verbosity=0)
    now = timezone.now()
    OpenConnection.objects.bulk_create(
        OpenConnection(
            connection_id=f"A{number:06d}=",
            gateway="default",
            connected_at=now,
            expires_at=now + timedelta(hours=1),
        )
        for number in range(count)
    )
    print(told.send("x", everyone=True).status, flush=True)  # noqa: T201


def logout() -> None:
    """A user with three connections loses them all."""
    import django

    django.setup()
    from django.contrib.auth.models import User
    from django.core.management import call_command
    from django.utils import timezone

    from wsrouter import sessions
    from wsrouter.models import OpenConnection

    call_command("migrate", verbosity=0)
    now, ada = timezone.now(), User.objects.create_user("ada")
    for number in range(3):
        OpenConnection.objects.create(
            connection_id=f"A{number:06d}=",
            user=ada,
            gateway="default",
            connected_at=now,
            expires_at=now + timedelta(hours=1),
        )
    sessions.end(ada)
    print(OpenConnection.objects.count(), flush=True)  # noqa: T201


if __name__ == "__main__":
    from tests.services import app as as_imported

    if sys.argv[1] in ("resume", "logout"):
        getattr(as_imported, sys.argv[1])()
    else:
        as_imported.send(int(sys.argv[1]))
