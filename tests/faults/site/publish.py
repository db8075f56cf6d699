"""Publishes until SIGTERM, or until it is killed: `python -m ... SENDER SECONDS`, with
the mean pause between two transactions."""

import os
import random
import signal
import sys
import time
from collections.abc import Callable
from types import FrameType

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "tests.faults.site.settings")

import django

django.setup()

from django.contrib.auth.models import User
from django.db import Error, close_old_connections, connection, transaction

from tests.faults.site import state
from tests.faults.site.ws import noted

GROUPS = os.environ["FAULTS_GROUPS"].split(",")
USERS = [int(pk) for pk in os.environ["FAULTS_USERS"].split(",")]
SENDER = sys.argv[1]


class Undone(Exception):
    """Rolls back what it leaves."""


def to_groups(*, is_loose: bool = False) -> None:
    """To one or several, in any order; some users are excluded."""
    groups = random.sample(GROUPS, random.choice([1, 1, 2, 3]))
    text = state.record(groups, sender=SENDER, is_loose=is_loose)
    excluded = random.sample(USERS, 3) if random.random() < 0.2 else []
    users = User.objects.filter(pk__in=excluded) if excluded else ()
    noted.send(text, groups=groups, exclude=users)


def to_users() -> None:
    chosen = random.sample(USERS, random.choice([1, 2, 5]))
    text = state.record(users=chosen, sender=SENDER)
    noted.send(text, users=chosen)


def pause() -> None:
    """The order of inserts is not that of commits."""
    if random.random() < 0.4:
        time.sleep(random.random() * 0.3)


def nested() -> None:
    to_groups()
    try:
        with transaction.atomic():
            to_groups()
            pause()
            if random.random() < 0.5:
                raise Undone
    except Undone:
        print("rolled back", flush=True)
    to_users()


def several() -> None:
    for _ in range(random.randint(2, 4)):
        random.choice([to_groups, to_users])()


def in_transaction(act: Callable[[], None]) -> None:
    with transaction.atomic():
        act()
        pause()
        if random.random() < 0.2:
            raise Undone


def act() -> None:
    chance = random.random()
    if chance < 0.1:
        to_groups(is_loose=True)
    else:
        acts = [to_groups, to_groups, to_users, nested, several]
        in_transaction(random.choice(acts))


def main(mean_pause: float, act: Callable[[], None] = act) -> None:
    stopping: list[int] = []

    def stop(number: int, _: FrameType | None) -> None:
        stopping.append(number)

    signal.signal(signal.SIGTERM, stop)
    while not stopping:
        try:
            act()
        except Undone:
            print("rolled back", flush=True)
        except Error as error:  # a session that was ended, or a deadlock
            print(f"failed: {error}", flush=True)
            connection.close()
        close_old_connections()
        time.sleep(random.expovariate(1 / mean_pause))


if __name__ == "__main__":
    main(float(sys.argv[2]))
