"""One of several processes that present the same ticket at the same moment.

python -m tests.security.racer TICKET ATTEMPTS: says `ready`, waits for a line, and
prints the statuses of its handshakes.
"""

import os
import sys
from concurrent.futures import ThreadPoolExecutor
from threading import Barrier

import django
from django.conf import settings


def main(ticket: str, attempts: int) -> None:
    settings.DATABASES["default"]["NAME"] = os.environ["RACER_DATABASE"]
    django.setup()
    from django.db import connections
    from django.test import override_settings

    from tests.django.events import Gateway
    from tests.security.served import SETTINGS

    together = Barrier(attempts + 1)

    def attempt(number: int) -> int:
        gateway = Gateway(f"Racer-{os.getpid()}-{number:04d}=")
        connections["default"].ensure_connection()
        together.wait(60)
        try:
            return gateway.connect(query=f"?ticket={ticket}").status_code
        finally:
            connections.close_all()

    with (
        override_settings(WSROUTER={"default": SETTINGS}),
        ThreadPoolExecutor(attempts) as pool,
    ):
        statuses = pool.map(attempt, range(attempts))
        sys.stdout.write("ready\n")
        sys.stdout.flush()
        sys.stdin.readline()
        together.wait(60)
        sys.stdout.write(" ".join(map(str, statuses)))


if __name__ == "__main__":
    main(sys.argv[1], int(sys.argv[2]))
