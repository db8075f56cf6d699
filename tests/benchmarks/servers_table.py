"""The tables of docs/explanation/performance.md on servers:
`python -m tests.benchmarks.servers_table` writes them."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

from tests.benchmarks import page

RESULTS = Path(__file__).parent / "results" / "servers.json"
NAME = "servers"
Cell = Callable[[dict[str, Any]], str]


def told() -> str:
    return "\n\n".join(
        [
            about(),
            _table("messages/s, times bare view", _rates),
            _table("CPU µs, times bare view", _costs),
            _table("p50, p99 in ms", _latencies),
            lines(),
        ]
    )


def about() -> str:
    found = _read()
    versions = ", ".join(f"{name} {each}" for name, each in found["versions"].items())
    before, after = found["load"]
    return (
        f"{found['connections']} connections, {found['rounds']} rounds of"
        f" {found['seconds']} seconds for each figure, {found['cores']} cores, load"
        f" {before:.0f} before and {after:.0f} after."
        f" Python {found['python']}, {versions}."
    )


def lines() -> str:
    told = [f"- {name}: `{line}`" for name, line in _read()["lines"].items()]
    return "\n".join(told).replace("{application} ", "")


def _table(what: str, cell: Cell) -> str:
    servers = _read()["servers"]
    rows = [[f"**{what}**", *servers], ["---"] * (1 + len(servers))]
    rows += [
        [variant, *(cell(each[variant]) for each in servers.values())]
        for variant in next(iter(servers.values()))
    ]
    return "\n".join(f"| {' | '.join(row)} |" for row in rows)


def _rates(found: dict[str, Any]) -> str:
    return f"{found['rate']['median']:,.0f}; {_spread(found['rate_ratio'])}"


def _costs(found: dict[str, Any]) -> str:
    return f"{found['cpu_us']['median']:,.0f}; {_spread(found['cpu_us_ratio'])}"


def _latencies(found: dict[str, Any]) -> str:
    return f"{found['p50_ms']['median']:.1f}, {found['p99_ms']['median']:.1f}"


def _spread(found: dict[str, float]) -> str:
    if found["least"] == found["most"]:
        return f"{found['median']:.2f}"
    return f"{found['median']:.2f} ({found['least']:.2f} to {found['most']:.2f})"


def _read() -> Any:
    return json.loads(RESULTS.read_text())


if __name__ == "__main__":
    page.put(NAME, told())
