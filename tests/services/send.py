"""Sends an event to everyone: `python -m tests.services.send RECIPIENTS`."""

import os
import sys
from datetime import timedelta

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "tests.services.settings")

import django


def send(count: int) -> None:
    django.setup()
    from django.core.management import call_command
    from django.utils import timezone

    from tests.services.ws import news
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
    print(news.send("x", everyone=True).status, flush=True)  # noqa: T201


if __name__ == "__main__":
    send(int(sys.argv[1]))
