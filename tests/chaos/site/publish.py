"""Publishes as tests/faults does, and to halls, whose sends are queued for Celery:
`python -m ... SENDER SECONDS`."""

import os
import random
import secrets
import sys

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "tests.chaos.site.settings")

from tests.faults.site import publish

# isort: split
from django.db import transaction

from tests.chaos.halls import HALLS
from tests.chaos.site.ws import Told, rumour, whisper
from tests.faults.site.models import Sent


def to_a_hall() -> None:
    """In one transaction with a row that says so."""
    number, text = random.randrange(HALLS), secrets.token_hex(8)
    with transaction.atomic():
        Sent.objects.create(
            kind="hall", name=str(number), text=text, sender=publish.SENDER
        )
        rumour.send(Told(text=text, to=f"hall:{number}"), group=f"hall:{number}")
        if random.random() < 0.1:
            raise publish.Undone


def to_a_user() -> None:
    user, text = random.choice(publish.USERS), secrets.token_hex(8)
    whisper.send(Told(text=text, to=f"user:{user}"), users=[user])


def act() -> None:
    chance = random.random()
    if chance < 0.5:
        to_a_hall()
    elif chance < 0.6:
        to_a_user()
    else:
        publish.act()


if __name__ == "__main__":
    publish.main(float(sys.argv[2]), act)
