"""What a run has been through."""

from collections import Counter
from collections.abc import Iterator, Sequence
from pathlib import Path

from tests.faults.judge import Verdict
from tests.faults.pages import Pages
from tests.faults.truth import Truth

SHOWN = 20


def report(
    verdict: Verdict,
    truth: Truth,
    folder: Path,
    faults: Counter[str],
    nodes: Sequence[Pages],
) -> str:
    return "\n".join(_lines(verdict, truth, folder, faults, nodes))


def _lines(
    verdict: Verdict,
    truth: Truth,
    folder: Path,
    faults: Counter[str],
    nodes: Sequence[Pages],
) -> Iterator[str]:
    events = {e.id for s in truth.streams.values() for e in s.events.values()}
    numbered = sum(len(stream.events) for stream in truth.streams.values())
    deleted = sum(len(stream.deleted) for stream in truth.streams.values())
    undone = count_lines(folder, "publisher-*.log", "rolled back")
    yield f"events published: {len(events)}, in {len(truth.streams)} streams {numbered}"
    yield f"rolled back: {undone}; deleted by the reaper: {deleted}"
    posts, lost, late = (
        count_lines(folder, "gateway.log", text)
        for text in ('"@connections POST"', 'lost on purpose"', ' s late"')
    )
    yield f"posts: {posts}, of which lost {lost}, late {late}"
    pages = sum((node.counts for node in nodes), Counter[str]())
    kills = ", ".join(f"{kind} {count}" for kind, count in sorted(faults.items()))
    yield f"kills: {kills}; sockets cut {pages['cuts']}, pages away {pages['sleeps']}"
    for what, count in sorted(verdict.counts.items()):
        yield f"{what}: {count}"
    yield f"problems: {len(verdict.problems)}, behind: {len(verdict.behind)}"
    yield from verdict.problems[:SHOWN]
    yield from verdict.behind[:SHOWN]
    yield f"logs: {folder}"


def count_lines(folder: Path, pattern: str, text: str) -> int:
    count = 0
    for path in folder.glob(pattern):
        with path.open(errors="replace") as lines:
            count += sum(text in line for line in lines)
    return count
