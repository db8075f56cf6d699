"""Sends an event to everyone: `python -m tests.services.send RECIPIENTS`. With
`message` as a second argument, a client's message does so."""

import os
import sys
from datetime import timedelta

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "tests.services.settings")

import django


def prepare(count: int) -> None:
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


def send() -> str:
    from tests.services.ws import news

    return news.send("x", everyone=True).status


def message() -> str:
    from tests.django.events import Gateway

    return str(Gateway().send("tell", "x", id="1")["type"])


if __name__ == "__main__":
    django.setup()
    prepare(int(sys.argv[1]))
    act = message if sys.argv[2:] == ["message"] else send
    print(act(), flush=True)  # noqa: T201
