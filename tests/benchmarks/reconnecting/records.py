"""What the records of some pages amount to. Their times are milliseconds since 1970."""

from collections.abc import Sequence
from itertools import pairwise
from statistics import median
from typing import Any

Record = dict[str, Any]
WINDOW_MS = 100


def spread(records: Sequence[Record], killed: float, back: float) -> dict[str, float]:
    """How they came back to a gateway that was killed and back at these seconds."""
    away = [
        attempt - killed * 1000
        for record in records
        for attempt in record["attempts"]
        if killed < attempt / 1000 < back
    ]
    returns = sorted(
        max(0.0, _first(record, killed) - back * 1000) for record in records
    )
    return {
        "away_ms": (back - killed) * 1000,
        "attempts": len(away),
        "busiest_percent": busiest(away) / len(records) * 100,
        "back_median_ms": median(returns),
        "back_last_ms": returns[-1],
    }


def _first(record: Record, after: float) -> float:
    """When its first socket after that second was open."""
    return float(min(each for each in record["opened"] if each > after * 1000))


def busiest(times: Sequence[float]) -> int:
    """How many lie within 100 ms at most."""
    ordered = sorted(times)
    first = most = 0
    for last, time in enumerate(ordered):
        while time - ordered[first] > WINDOW_MS:
            first += 1
        most = max(most, last - first + 1)
    return most


def losses(records: Sequence[Record], counted: int) -> dict[str, float]:
    """What became of the numbers 0, 1, 2 ..., which all of the pages should hear."""
    limits = sum(len(record["opened"]) - 1 for record in records)
    heard = [[number for number, _ in record["events"]] for record in records]
    lost = sum(counted - len(set(numbers)) for numbers in heard)
    doubled = sum(len(numbers) - len(set(numbers)) for numbers in heard)
    silences = [
        later - earlier
        for record in records
        for (_, earlier), (_, later) in pairwise(record["events"])
    ]
    return {
        "limits": limits,
        "lost": lost,
        "lost_per_limit": lost / limits,
        "doubled": doubled,
        "longest_silence_ms": max(silences),
    }


def first_event(record: Record) -> float:
    """Milliseconds since the page started to connect."""
    time: float = record["events"][0][1]
    return time - float(record["started"])


def summary(times: Sequence[float]) -> dict[str, float]:
    return {"median_ms": median(times), "most_ms": max(times)}


def medians(found: Sequence[dict[str, float]]) -> dict[str, float]:
    return {name: median(each[name] for each in found) for name in found[0]}
