"""The tables of docs/explanation/performance.md, made from the committed results:
`python -m tests.benchmarks.messages_table` writes them into it, and prints what stands
in its sentences."""

import json
from collections import Counter
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from tests.benchmarks import page

RESULTS = Path(__file__).parent / "results"


def _read(name: str) -> Any:
    return json.loads((RESULTS / f"{name}.json").read_text())


def wsgi() -> str:
    """Everything that is compared with a bare view."""
    return _table("times bare view", lambda name: not _is_async(name))


def asgi() -> str:
    """Everything that is compared with the endpoint under Django's ASGI handler."""
    return _table("times endpoint, ASGI", _is_async)


def _is_async(name: str) -> bool:
    return "ASGI" in name or "Channels" in name


def _table(against: str, chosen: Any) -> str:
    lines = [
        f"| | CPU µs | {against} | quartiles | statements |",
        "|---|---|---|---|---|",
    ]
    for name, told in _read("messages")["variants"].items():
        if chosen(name):
            low, high = told["ratio_quartiles"]
            lines.append(
                f"| {name} | {told['cpu_us']:.0f} | {told['ratio']:.2f}"
                f" | {low:.2f} to {high:.2f} | {told['queries']} |"
            )
    return "\n".join(lines)


def lookups() -> str:
    """What a connection and its user add, by database."""
    lines = [
        "| Look-up in | endpoint: CPU µs, ratio | fast path | endpoint, clock µs |",
        "|---|---|---|---|",
    ]
    for name, told in _read("lookups").items():
        found = told["variants"]
        view = found["endpoint, connection and user"]
        fast = found["fast path, connection and user"]
        lines.append(
            f"| {name} | {view['cpu_us']:.0f}, {view['ratio']:.2f}"
            f" | {fast['cpu_us']:.0f}, {fast['ratio']:.2f} | {view['clock_us']:.0f} |"
        )
    return "\n".join(lines)


def profile() -> str:
    """The areas in the order of their shares, all variants together."""
    found = {name: told["shares"] for name, told in _read("profile").items()}
    areas: Counter[str] = Counter()
    for shares in found.values():
        areas.update(shares)
    lines = [
        f"| % of the time | {' | '.join(found)} |",
        "|---" * (len(found) + 1) + "|",
    ]
    for area, _ in areas.most_common():
        cells = (f"{each.get(area, 0) * 100:.0f}" for each in found.values())
        lines.append(f"| {area} | {' | '.join(cells)} |")
    return "\n".join(lines)


def startup() -> str:
    lines = ["| | CPU ms | times Django alone | quartiles |", "|---|---|---|---|"]
    for name, told in _read("startup")["variants"].items():
        low, high = told["ratio_quartiles"]
        lines.append(
            f"| {name} | {told['cpu_ms']:.0f} | {told['ratio']:.2f}"
            f" | {low:.2f} to {high:.2f} |"
        )
    return "\n".join(lines)


def life() -> str:
    found = _read("messages")["statements"]
    return "; ".join(
        f"`${event.lower()}` {told['all']}, of which {told['ours']} on our tables"
        for event, told in found.items()
    )


def about() -> str:
    found = _read("messages")
    versions = ", ".join(f"{name} {each}" for name, each in found["versions"].items())
    return f"Python {found['python']}, {versions}"


TABLES: Mapping[str, Callable[[], str]] = {
    "wsgi": wsgi,
    "asgi": asgi,
    "lookups": lookups,
    "profile": profile,
    "startup": startup,
}

if __name__ == "__main__":
    for name, table in TABLES.items():
        page.put(name, table())
    print(about(), life(), sep="\n\n")  # noqa: T201
