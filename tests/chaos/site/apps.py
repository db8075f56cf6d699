"""What every process of a run sets up."""

import os
from datetime import timedelta

from django.apps import AppConfig

LEASE = timedelta(seconds=40)
SLICE_SECONDS = 20.0


class Chaos(AppConfig):
    """Leases fit into a run of minutes; they are longer than a slice, as in the
    package."""

    name = "tests.chaos.site"
    label = "chaos"

    def ready(self) -> None:
        from tests.chaos.site import broken, celery_app  # noqa: F401  # the current app
        from wsrouter.delivery import background
        from wsrouter.registry import send_queue

        send_queue.LEASE = LEASE
        background.SLICE_SECONDS = SLICE_SECONDS
        broken.apply(os.environ["CHAOS_BROKEN"])
