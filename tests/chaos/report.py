"""The report of a run, in Markdown."""

import os
import platform
from collections.abc import Iterable, Iterator, Sequence
from typing import TYPE_CHECKING

from tests.faults.figures import count_lines
from tests.faults.judge import Verdict

if TYPE_CHECKING:
    from tests.chaos.run import Run

SHOWN, LONGEST = 20, 300
ACTS = ("killed", "stopped", "slowed", "ended")
POSTED = '"@connections POST"'
PROMISES = (
    ("calls: reply", "calls with their own reply"),
    ("plain events", "plain events, each for its page"),
    ("deliveries", "kept events delivered to pages"),
    ("recovered", "streams recovered after a reconnect"),
    ("queued sends", "sends queued for workers"),
    ("recipients", "recipients in their reports"),
    ("recipients that failed", "of which failed, and were said to"),
    ("recipients that stayed", "pages that were there all the time, and have it"),
    ("plain events that came twice", "plain events that came twice over one socket"),
)


def written(run: "Run", verdict: Verdict, seconds: float) -> str:
    return "\n".join(_lines(run, verdict, seconds)) + "\n"


def _lines(run: "Run", verdict: Verdict, seconds: float) -> Iterator[str]:
    yield "# A run under fire"
    yield ""
    yield (
        f"{run.chosen.minutes:g} minutes, seed {run.chosen.seed},"
        f" {run.chosen.pages} pages; {seconds / 60:.0f} minutes with start and judges."
    )
    yield (
        f"Python {platform.python_version()}, {os.cpu_count()} cores, load at the end"
        f" {os.getloadavg()[1]:.1f}."
    )
    if run.chosen.broken:
        yield f"Broken on purpose: {run.chosen.broken}."
    yield ""
    yield "## What was done"
    yield ""
    yield from _table(("", *ACTS), _strikes(run))
    yield ""
    yield from _of_pages(run)
    yield ""
    yield "## What was seen"
    yield ""
    yield from _table(("", "number"), _seen(run, verdict))
    yield ""
    yield from _table(
        ("memory of", "MB at most", "MB an hour", "lives", "longest, minutes"),
        _memory(run),
    )
    yield ""
    yield "## Broken promises"
    yield ""
    yield from _problems(verdict)


def _strikes(run: "Run") -> Iterator[Sequence[object]]:
    counted = run.storm.strikes.counted()
    for kind in sorted({kind for kind, _ in counted}):
        yield (kind, *(counted[kind, act] or "" for act in ACTS))


def _of_pages(run: "Run") -> Iterator[str]:
    cuts, sleeps = (
        sum(node.counts[name] for node in run.nodes) for name in ("cuts", "sleeps")
    )
    yield f"Pages cut their socket {cuts} times, and had no network {sleeps} times."


def _seen(run: "Run", verdict: Verdict) -> Iterator[Sequence[object]]:
    counts = dict(verdict.counts)
    yield "posts to sockets", count_lines(run.folder, "gateway.log", POSTED)
    yield "kept events published", counts.pop("kept events", 0)
    for name, text in PROMISES:
        yield text, counts.pop(name, 0)
    for name in sorted(counts):
        yield name, counts[name]


def _memory(run: "Run") -> Iterator[Sequence[object]]:
    for kind, growth in run.memory.growths().items():
        judged = (
            (
                f"{growth.kb_per_hour / 1000:.1f}",
                growth.lives,
                f"{growth.longest_seconds / 60:.0f}",
            )
            if growth.is_judged
            else ("not judged: no life was long enough", 0, "")
        )
        yield kind, growth.largest_kb // 1000, *judged


def _problems(verdict: Verdict) -> Iterator[str]:
    found = [*verdict.problems, *verdict.behind]
    if not found:
        yield "None."
        return
    yield f"{len(found)}:"
    yield ""
    yield from (f"- {text[-LONGEST:]}" for text in found[:SHOWN])


def _table(head: Sequence[str], rows: Iterable[Sequence[object]]) -> Iterator[str]:
    yield "| " + " | ".join(head) + " |"
    yield "|" + "---|" * len(head)
    for row in rows:
        yield "| " + " | ".join(map(str, row)) + " |"
