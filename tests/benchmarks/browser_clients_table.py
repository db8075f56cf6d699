"""The table of docs/explanation/browser-clients.md:
`python -m tests.benchmarks.browser_clients_table`."""

import json
from pathlib import Path
from typing import Any

RESULTS = Path(__file__).parent / "results" / "browser_clients.json"


def sizes() -> str:
    lines = ["| | gzipped |", "|---|---|"]
    for name, size in _read()["sizes"].items():
        lines.append(f"| {_named(name)} | {size['gzipped_bytes'] / 1000:.1f} kB |")
    return "\n".join(lines)


def losses() -> str:
    lines = [
        "| | events lost at a limit | doubled | longest silence | first event |",
        "|---|---|---|---|---|",
    ]
    first = _read()["first_event"]
    for name, found in _read()["lifetime"].items():
        cells = [
            _named(name),
            f"{found['lost_per_limit']:.0f}",
            f"{found['doubled']}",
            f"{found['longest_silence_ms'] / 1000:.1f} s",
            f"{first[name]['median_ms']:.0f} ms",
        ]
        lines.append(f"| {' | '.join(cells)} |")
    return "\n".join(lines)


def returns() -> str:
    lines = [
        "| | attempts of a page | at once, at most | back: the median | the last |",
        "|---|---|---|---|---|",
    ]
    pages = _read()["pages"]
    for name, found in _read()["killed"].items():
        cells = [
            _named(name),
            f"{found['attempts'] / pages:.1f}",
            f"{found['busiest_percent']:.0f} %",
            f"{found['back_median_ms'] / 1000:.1f} s",
            f"{found['back_last_ms'] / 1000:.1f} s",
        ]
        lines.append(f"| {' | '.join(cells)} |")
    return "\n".join(lines)


def about() -> str:
    found = _read()
    away = found["killed"]["client.js"]["away_ms"] / 1000
    lifetime, limits = found["lifetime_seconds"], found["lifetime"]["client.js"]
    return (
        f"{found['pages']} pages, {found['repetitions']} times, a gateway that was away"
        f" for {away:.0f} s; {found['listeners']} pages and {found['counted']:,} events"
        f" at a lifetime of {lifetime} s, which client.js went over"
        f" {limits['limits']} times; Node.js {found['node']}."
    )


def _named(name: str) -> str:
    version = _read()["sizes"][name]["version"]
    return f"{name} {version}" if version else f"`{name}`"


def _read() -> Any:
    return json.loads(RESULTS.read_text())


if __name__ == "__main__":
    print("\n\n".join([sizes(), losses(), returns(), about()]))  # noqa: T201
