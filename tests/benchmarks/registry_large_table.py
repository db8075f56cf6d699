"""The table of docs/explanation/performance.md on a large registry:
`python -m tests.benchmarks.registry_large_table` writes it."""

import json
from pathlib import Path
from typing import Any

from tests.benchmarks import page

RESULTS = Path(__file__).parent / "results"
NAME = "registry_large"
TIMES = (
    "look up by id",
    "connect",
    "join",
    "leave",
    "disconnect",
    "recipients of a room",
    "recipients of a user",
    "recipients of a hall, per id",
    "everyone, per id",
    "next slice of 1,000",
    "users online, per user",
)


def told() -> str:
    return "\n\n".join([about(), times(), sweeps()])


def about() -> str:
    found = _read("registry_large")
    mib = ", ".join(f"`{name}` {size:,} MiB" for name, size in found["mib"].items())
    handshake = found["handshake_ms"]
    return (
        f"{found['connections']:,} connections, filled in {found['fill_seconds']}"
        f" seconds; a cache of {found['cache_mib']} MiB; with their indexes, {mib}."
        " A handshake with a session, through Django's test client and with its"
        f" commits, takes {handshake['wall']:.1f} ms, {handshake['cpu']:.1f} ms of them"
        f" CPU of Django. Load {found['load'][0]:.0f} before the first figure."
    )


def times() -> str:
    """Beside those at 1,000,000 connections, which are of another run."""
    found = _read("registry_large")
    million = _read("registry")["postgresql"]["us"]["1000000"]
    lines = [f"| µs | {found['connections']:,} | 1,000,000 |", "|---|---|---|"]
    lines += [
        f"| {name} | {_short(found['us'][name])} | {_short(million[name])} |"
        for name in TIMES
    ]
    return "\n".join(lines)


def sweeps() -> str:
    lines = [
        "| Sweep of `ws_reap` | s | CPU s, PostgreSQL | CPU s, Django | statements |",
        "|---|---|---|---|---|",
    ]
    for name, found in _read("registry_large")["sweeps"].items():
        lines.append(
            f"| {name} | {found['clock_s']:.1f} | {found['server_cpu_s']:.1f}"
            f" | {found['cpu_s']:.1f} | {found['statements']} |"
        )
    return "\n".join(lines)


def _short(us: float) -> str:
    return f"{us:,.0f}" if us >= 20 else f"{us:.1f}"


def _read(name: str) -> Any:
    return json.loads((RESULTS / f"{name}.json").read_text())


if __name__ == "__main__":
    page.put(NAME, told())
