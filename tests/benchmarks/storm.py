"""Ten thousand clients that reconnect at once, ours and the rival's.

    python -m tests.benchmarks.storm [CLIENTS [ROUNDS]]

Their `$connect`s are posted as API Gateway posts them, straight to Django's endpoint on
gunicorn and uvicorn, one worker each, with PostgreSQL and sessions in Redis or in the
database. A bounded number is under way at once; the rival gets a fifth of the clients.
Before, some handshakes are made in this process, without a server. All variants take
turns. What is found goes to results/storm.json.
"""

import json
import os
import platform
import sys
import tempfile
from collections.abc import Sequence
from contextlib import ExitStack
from importlib import metadata
from pathlib import Path
from typing import Any

from tests.benchmarks.servers import Samples, spread
from tests.benchmarks.serving import quiet

RESULTS = Path(__file__).parent / "results" / "storm.json"
CLIENTS, ROUNDS = 10_000, 1
DISTRIBUTIONS = (
    "gunicorn gunicorn_h1c uvicorn uvloop httptools Django asgiref psycopg redis"
    " django-aws-api-gateway-websockets"
)


def main() -> None:
    given = [int(each) for each in sys.argv[1:3]]
    count, rounds = (*given, *(CLIENTS, ROUNDS)[len(given) :])
    os.environ["WSROUTER_TEST_DATABASE"] = "postgresql"
    os.environ["BENCH_DATABASE"] = name = f"bench_storm_{os.getpid()}"
    os.environ["DJANGO_SETTINGS_MODULE"] = "tests.benchmarks.storms.settings"
    from tests.benchmarks.storms import database

    with database.created(name), tempfile.TemporaryDirectory() as folder:
        result = compared(Path(folder), count, rounds)
    RESULTS.write_text(json.dumps(result, indent=2) + "\n")
    print(RESULTS.read_text())  # noqa: T201


def compared(folder: Path, count: int, rounds: int) -> dict[str, Any]:
    from tests.benchmarks.site import variants as site
    from tests.benchmarks.storms import clients, direct, statements, turns, variants

    site.prepare()
    crowd = clients.make(count)
    try:
        before = os.getloadavg()
        told = {each.name: statements.of(each, crowd) for each in variants.known()}
        straight = direct.measured(variants.known(), crowd)
        found = measured(folder, crowd, rounds)
        return {
            "clients": count,
            "rounds": rounds,
            "rivals_clients": turns.rivals_part(count),
            "direct": {"clients": direct.CLIENTS, "rounds": direct.ROUNDS}
            | {"variants": summary(straight)},
            "in_flight": turns.IN_FLIGHT,
            "messages_per_second": turns.MESSAGES_PER_SECOND,
            "load": [before[0], os.getloadavg()[0]],
            "cores": os.cpu_count(),
            "python": platform.python_version(),
            "versions": {name: metadata.version(name) for name in DISTRIBUTIONS.split()}
            | {"PostgreSQL": _postgresql()},
            "statements": told,
            "servers": {name: summary(samples) for name, samples in found.items()},
        }
    finally:
        clients.forget()


def measured(
    folder: Path, crowd: Sequence[Any], rounds: int
) -> dict[str, dict[str, Samples]]:
    """What each round has found, by server and variant."""
    from tests.benchmarks.storms import turns, variants

    found: dict[str, dict[str, Samples]] = {each.name: {} for each in turns.MEASURED}
    with ExitStack() as stack:
        everybody = [
            turn
            for server in turns.MEASURED
            for turn in turns.of(stack, server, variants.known(), folder)
        ]
        for turn in everybody:
            turn.storm(crowd[: turns.IN_FLIGHT * 4], "warm")
        for number in range(rounds):
            for turn in everybody:
                quiet(5.0)
                sample = turn.storm(crowd, f"{number}A")
                if turn.variant.has_own_messages:
                    sample |= turn.messages(crowd, f"{number}B")
                found[turn.server.name].setdefault(turn.variant.name, []).append(sample)
                print(turn.server.name, turn.variant.name, sample)  # noqa: T201
    return found


def summary(found: dict[str, Samples]) -> dict[str, Any]:
    """Medians, the least and the most; and how much more CPU, and how much less of a
    rate, the rival has with the same sessions in the same round."""
    from tests.benchmarks.storms import variants

    told: dict[str, Any] = {}
    ours = [each for each in variants.known() if not each.is_rival]
    for name, samples in found.items():
        told[name] = {
            each: spread([one[each] for one in samples]) for each in samples[0]
        }
    for variant in ours:
        for which in (variants.AS_IT_COMES, variants.LEAST):
            other = found.get(variants.rival_of(variant, which))
            if other:
                told[variant.name][which] = _times(found[variant.name], other)
    return told


def _times(own: Samples, rivals: Samples) -> dict[str, Any]:
    pairs = [*zip(own, rivals, strict=True)]
    return {
        "cpu": spread([rival["cpu_us"] / one["cpu_us"] for one, rival in pairs]),
        "rate": spread([one["rate"] / rival["rate"] for one, rival in pairs]),
    }


def _postgresql() -> str:
    from django.db import connection

    version: int = connection.pg_version  # type: ignore[attr-defined]
    return f"{version // 10_000}.{version % 10_000}"


if __name__ == "__main__":
    main()
