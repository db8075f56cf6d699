"""The table of docs/explanation/performance.md on workers that share a limit:
`python -m tests.benchmarks.shared_fanout_table` writes it."""

import json
from pathlib import Path
from typing import Any

from tests.benchmarks import page

RESULTS = Path(__file__).parent / "results" / "shared_fanout.json"
NAME = "shared_fanout"
_COLUMNS = (
    "seconds",
    "deliveries/s",
    "posts",
    "refused",
    "most accepted in a second",
    "delivered",
    "failed",
    "doubled",
)


def told() -> str:
    return f"{about()}\n\n{table()}"


def about() -> str:
    found = _read()
    versions = ", ".join(f"{name} {each}" for name, each in found["versions"].items())
    before, after = found["load"]
    return (
        f"{found['recipients']:,} connections, {found['workers']} workers, a limit of"
        f" {found['limit']:,} posts a second{_smaller(found)} and a shared limit of"
        f" {found['shared']:,}; {found['cores']} cores, load {before:.0f} before and"
        f" {after:.0f} after. Python {found['python']}, {versions}."
    )


def table() -> str:
    found = _read()
    rows = [["", *_COLUMNS], ["---"] * (1 + len(_COLUMNS))]
    for name, each in found["variants"].items():
        rows.append([name, *_cells(each, found["recipients"])])
    return "\n".join(f"| {' | '.join(row)} |" for row in rows)


def _cells(found: dict[str, Any], recipients: int) -> list[str]:
    assert found["lost"] == recipients - found["delivered"], found
    return [
        f"{found['seconds']:.1f}",
        f"{found['delivered'] / found['seconds']:,.0f}",
        f"{found['posts']:,}",
        f"{found['refused']:,}",
        f"{found['most_in_a_second']:,}",
        f"{found['delivered']:,}",
        f"{found['failed']:,}",
        f"{found['doubled']:,}",
    ]


def _smaller(found: dict[str, Any]) -> str:
    if found["limit"] == found["wanted_limit"]:
        return ""
    return f" (this machine does not reach 1.5 times {found['wanted_limit']:,})"


def _read() -> Any:
    return json.loads(RESULTS.read_text())


if __name__ == "__main__":
    page.put(NAME, told())
