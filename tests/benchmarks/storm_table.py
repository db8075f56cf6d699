"""The tables of docs/explanation/performance.md on handshakes:
`python -m tests.benchmarks.storm_table` writes them."""

import json
from pathlib import Path
from typing import Any

from tests.benchmarks import page
from tests.benchmarks.storms import direct

RESULTS = Path(__file__).parent / "results" / "storm.json"
NAME = "storm"
_COLUMNS = (
    "handshakes/s",
    "CPU µs",
    "PostgreSQL, CPU µs",
    "p50, p99 in ms",
    "statements",
    "CPU: rival ÷ this",
    "CPU: rival at its least ÷ this",
    "message p99 in ms: calm, in the storm",
)
_OF_DIRECT = "CPU µs", *_COLUMNS[5:7]
_RIVALS = ("the rival as it comes", "the rival at its least")


def told() -> str:
    return "\n\n".join([about(), _direct(), *map(_table, _read()["servers"])])


def about() -> str:
    found = _read()
    versions = ", ".join(f"{name} {each}" for name, each in found["versions"].items())
    before, after = found["load"]
    direct_clients, rounds = found["direct"]["clients"], found["direct"]["rounds"]
    return (
        f"{found['clients']:,} clients of ours and {found['rivals_clients']:,} of the"
        f" rival, {found['in_flight']} handshakes under way at once, rounds:"
        f" {found['rounds']}; {found['messages_per_second']} messages a"
        f" second in a storm of their own. In one process, {rounds} rounds of"
        f" {direct_clients} clients. {found['cores']} cores, load {before:.0f}"
        f" before and {after:.0f} after. Python {found['python']}, {versions}."
    )


def _direct() -> str:
    found = _read()["direct"]
    rows = [[f"**{direct.NAME}**", *_OF_DIRECT], ["---"] * (1 + len(_OF_DIRECT))]
    for name, each in found["variants"].items():
        cpu = each["cpu_us"]
        told = f"{cpu['median']:,.0f} ({cpu['least']:,.0f} to {cpu['most']:,.0f})"
        rows.append([name, told, *(_ratio(each, which) for which in _RIVALS)])
    return "\n".join(f"| {' | '.join(row)} |" for row in rows)


def _table(server: str) -> str:
    found = _read()
    rows = [[f"**{server}**", *_COLUMNS], ["---"] * (1 + len(_COLUMNS))]
    for name, each in found["servers"][server].items():
        rows.append([name, *_cells(each, found["statements"][name])])
    return "\n".join(f"| {' | '.join(row)} |" for row in rows)


def _cells(found: dict[str, Any], statements: int) -> list[str]:
    return [
        f"{_median(found['rate']):,.0f}",
        f"{_median(found['cpu_us']):,.0f}",
        f"{_median(found['database_cpu_us']):,.0f}",
        f"{_median(found['p50_ms']):,.0f}, {_median(found['p99_ms']):,.0f}",
        f"{statements}",
        *(_ratio(found, which) for which in _RIVALS),
        _messages(found),
    ]


def _messages(found: dict[str, Any]) -> str:
    if "storm_p99_ms" not in found:
        return ""
    calm, storm = _median(found["calm_p99_ms"]), _median(found["storm_p99_ms"])
    return f"{calm:,.0f}, {storm:,.0f}"


def _ratio(found: dict[str, Any], which: str) -> str:
    if which not in found:
        return ""
    each = found[which]["cpu"]
    if each["least"] == each["most"]:
        return f"{each['median']:.1f}"
    return f"{each['median']:.1f} ({each['least']:.1f} to {each['most']:.1f})"


def _median(found: dict[str, float]) -> float:
    return found["median"]


def _read() -> Any:
    return json.loads(RESULTS.read_text())


if __name__ == "__main__":
    page.put(NAME, told())
