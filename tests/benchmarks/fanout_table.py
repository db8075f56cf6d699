"""The tables of the documentation, from the result files:
`python -m tests.benchmarks.fanout_table`."""

import json
from pathlib import Path
from typing import Any

RESULTS = Path(__file__).parent / "results"
RIVAL = "django-aws-api-gateway-websockets 4.1.0"
ROWS = {
    "rival": (RIVAL, 10),
    "boto3": ('`"boto3"`', 50),
    "threads": ('`"threads"`', 100),
    "curl": ('`"curl"`', 400),
    "curl cold": ('`"curl"`, first send of the process', 400),
    "wrk": ("`wrk`, the raw floor", 400),
}
FORMER_NAMES = {"default": "threads", "fast": "curl"}
"""The names of transports in results that were measured before they were renamed."""


def costs() -> str:
    found = _by_transport(_read("fanout")["variants"])
    return "\n".join(_row(name, found[name]) for name in ROWS)


def memory() -> str:
    found = _by_transport(_read("fanout_memory")["inside"])
    return "\n".join(
        f"| {name} | {_mib(each['above_idle'][1])} | {_mib(each['above_new'][1])} |"
        for name, each in found.items()
    )


def signing() -> str:
    return f"Signing costs {_read('fanout')['signing_us'][1]:.1f} µs"


def growth() -> str:
    found = _by_transport(_read("fanout_memory")["growth"])
    threads, curl = (_mib(found[name]["more_for_many"]) for name in ("threads", "curl"))
    return (
        f'{threads} MiB more than one that sends to 1,000 with `"threads"`, and {curl}'
        ' MiB more with `"curl"`'
    )


def _by_transport(results: dict[str, Any]) -> dict[str, Any]:
    return {_current(name): result for name, result in results.items()}


def _current(name: str) -> str:
    for former, current in FORMER_NAMES.items():
        if name.startswith(former):
            return current + name.removeprefix(former)
    return name


def _row(name: str, found: dict[str, Any]) -> str:
    who, in_flight = ROWS[name]
    cells = [
        who,
        str(in_flight),
        f"{found['cpu_us'][1]:.0f}",
        _ratio(found["rival_cpu_by_this"]),
        f"{found['rate'][1]:,.0f}",
        _ratio(found["rate_by_rivals"]),
        _ratio(found["cpu_by_wrks"]),
    ]
    return f"| {' | '.join(cells)} |"


def _ratio(spread: list[float]) -> str:
    least, middle, most = spread
    if least == most:
        return f"{middle:g}"
    return f"{middle:.1f} ({least:.1f} to {most:.1f})"


def _mib(kib: float) -> str:
    return f"{kib / 1024:.1f}"


def _read(name: str) -> dict[str, Any]:
    found: dict[str, Any] = json.loads((RESULTS / f"{name}.json").read_text())
    return found


if __name__ == "__main__":
    print(costs(), memory(), signing(), growth(), sep="\n\n")  # noqa: T201
