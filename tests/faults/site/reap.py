"""The reaper, every two seconds, with ages that fit into minutes."""

import os
import time
from datetime import timedelta

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "tests.faults.site.settings")

import django

django.setup()

from django.db import Error, connection

from wsrouter.ops import reaper
from wsrouter.registry.streams import retention

reaper.IDLE_TIMEOUT = timedelta(seconds=60)
reaper.POSTED_AFTER_SECONDS = 2.0
retention.YOUNGEST_MS = 30_000
"""No message is handled for longer: API Gateway waits for 29 seconds."""


def run_forever(
    *, checks: int, rate: float, may_fail: tuple[type[Exception], ...] = (Error,)
) -> None:
    """`may_fail` is what a sweep may raise: the next one does what is left."""
    while True:
        try:
            print(reaper.reap(checks=checks, rate=rate), flush=True)
        except may_fail as error:  # a session that was ended
            print(f"failed: {type(error).__name__}: {error}", flush=True)
            connection.close()
        time.sleep(2)


if __name__ == "__main__":
    run_forever(checks=50, rate=100)
