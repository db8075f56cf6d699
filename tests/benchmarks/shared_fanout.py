"""One event to 100,000 connections, posted by Celery's workers to an endpoint that
throttles as AWS does, with the limit that they share through Redis and without it.

    python -m tests.benchmarks.shared_fanout [RECIPIENTS [LIMIT [WORKERS]]]

Workers may post twice as fast as the account's LIMIT. What they reach without one is
measured first: where that is less than 1.5 times LIMIT, a smaller one is taken (the
2,500 of some Regions, else half of what they reach). PostgreSQL, Redis for the broker
and the counter. What is found goes to results/shared_fanout.json.
"""

import json
import os
import platform
import sys
import tempfile
import time
from importlib import metadata
from pathlib import Path
from typing import Any

from tests.benchmarks.serving import CREDENTIALS, quiet

RESULTS = Path(__file__).parent / "results" / "shared_fanout.json"
RECIPIENTS, LIMIT, WORKERS = 100_000, 10_000, 4
SMALL_LIMIT = 2_500
"""Of some Regions (AWS: "Amazon API Gateway quotas")."""
SHARED = 0.9
"""Of the limit: the rest is for the messages of clients."""
HEADROOM, UNLIMITED = 1.5, 1_000_000
DISTRIBUTIONS = "Django celery redis psycopg pycurl"
_PATIENCE_SECONDS = 900.0


def main() -> None:
    given = [int(each) for each in sys.argv[1:4]]
    count, limit, number = (*given, *(RECIPIENTS, LIMIT, WORKERS)[len(given) :])
    os.environ["WSROUTER_TEST_DATABASE"] = "postgresql"
    os.environ["BENCH_DATABASE"] = name = f"bench_fanout_{os.getpid()}"
    os.environ["DJANGO_SETTINGS_MODULE"] = "tests.benchmarks.workers.settings"
    from tests.benchmarks.storms import database
    from tests.services import engines

    with (
        database.created(name),
        engines.celery_on_redis() as engine,
        tempfile.TemporaryDirectory() as folder,
    ):
        os.environ |= engine.environment
        os.environ["BENCH_REPORTS"] = str(Path(folder) / "reports.txt")
        result = _compared(engine, Path(folder), count, limit, number)
    RESULTS.write_text(json.dumps(result, indent=2) + "\n")
    print(RESULTS.read_text())  # noqa: T201


def _compared(
    engine: Any, folder: Path, count: int, limit: int, number: int
) -> dict[str, Any]:
    import django

    from tests.benchmarks import sends

    django.setup()
    sends.prepare(count)
    before = os.getloadavg()

    def measured(rate: int, shared: int) -> dict[str, Any]:
        wanted = UNLIMITED if rate == UNLIMITED else 2 * rate
        return _measured(engine, folder, count, number, rate, wanted, shared)

    free = measured(UNLIMITED, 0)
    taken = chosen_limit(limit, count / free["seconds"])
    found = {
        "without an account's limit": free,
        "without the shared limit": measured(taken, 0),
        "with the shared limit": measured(taken, int(taken * SHARED)),
    }
    return {
        "recipients": count,
        "wanted_limit": limit,
        "limit": taken,
        "shared": int(taken * SHARED),
        "workers": number,
        "load": [before[0], os.getloadavg()[0]],
        "cores": os.cpu_count(),
        "python": platform.python_version(),
        "versions": {name: metadata.version(name) for name in DISTRIBUTIONS.split()},
        "variants": found,
    }


def chosen_limit(wanted: int, reached: float) -> int:
    """The largest that workers who reach so many posts a second can exceed."""
    for limit in (wanted, SMALL_LIMIT):
        if limit <= wanted and reached >= HEADROOM * limit:
            return limit
    return int(reached / 2)


def _measured(
    engine: Any,
    folder: Path,
    count: int,
    number: int,
    rate: int,
    wanted: int,
    shared: int,
) -> dict[str, Any]:
    from tests.benchmarks.workers import processes

    quiet(5.0)
    with processes.endpoint(rate) as endpoint:
        variables = CREDENTIALS | {
            "BENCH_ENDPOINT": endpoint.url,
            "BENCH_TRANSPORT": "curl",
            "BENCH_IN_FLIGHT": "256",
            "BENCH_POSTS_PER_SECOND": str(wanted),
            "BENCH_SHARED_POSTS_PER_SECOND": str(shared),
        }
        with processes.workers(engine, number, folder, variables):
            seconds, report = _sent()
    told = _told(count, seconds, report, endpoint.got)
    print(told, file=sys.stderr, flush=True)  # noqa: T201
    return told


def _sent() -> tuple[float, dict[str, Any]]:
    """Seconds from the call to the report of the last slice, and the report."""
    from tests.benchmarks import events, sends

    file = Path(os.environ["BENCH_REPORTS"])
    file.unlink(missing_ok=True)
    begun = time.time()
    status = events.told.send(events.PAYLOAD, group=sends.GROUP).status
    assert status == "queued", status
    end = time.monotonic() + _PATIENCE_SECONDS
    while not file.exists() or not file.read_text().endswith("\n"):
        assert time.monotonic() < end, "Some slices are never finished."
        time.sleep(0.1)
    report: dict[str, Any] = json.loads(file.read_text())
    return report["at"] - begun, report


def _told(
    count: int, seconds: float, report: dict[str, Any], got: dict[str, Any]
) -> dict[str, Any]:
    return {
        "seconds": round(seconds, 1),
        "posts": got["accepted"] + got["refused"],
        "refused": got["refused"],
        "most_in_a_second": got["most_in_a_second"],
        "delivered": report["delivered"],
        "failed": report["failed"],
        "reasons": report["reasons"],
        "lost": count - got["connections"],
        "doubled": got["doubled"],
    }


if __name__ == "__main__":
    main()
