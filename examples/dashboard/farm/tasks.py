"""What the worker does."""

import random
from datetime import timedelta

from celery import shared_task
from django.db import transaction
from django.utils import timezone

from farm.models import Measurement
from farm.ws import measured, out

TURBINES = ("Anemone", "Bora", "Chinook", "Mistral", "Zephyr")
MOST, STEP = 3000, 150
REMEMBERED = timedelta(minutes=10)


@shared_task
def measure() -> None:
    """Store what the turbines give, and tell everybody who watches."""
    with transaction.atomic():
        measurement = Measurement.objects.create(kilowatts=read_turbines())
        measured.send(out(measurement), group="farm")
    Measurement.objects.filter(taken_at__lt=timezone.now() - REMEMBERED).delete()


def read_turbines() -> dict[str, float]:
    """A trial has no turbines: each is a little above or below where it was."""
    last = Measurement.objects.order_by("-pk").first()
    known = last.kilowatts if last else {}
    return {name: near(known.get(name, MOST / 2)) for name in TURBINES}


def near(kilowatts: float) -> float:
    return round(min(max(kilowatts + random.uniform(-STEP, STEP), 0), MOST), 1)
