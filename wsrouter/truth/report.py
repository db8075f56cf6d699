"""The texts and the JSON of a run."""

from collections.abc import Iterable, Iterator
from typing import Any

from wsrouter.local.journal import escape
from wsrouter.local.rules.switches import SWITCHES
from wsrouter.truth.points import PROBES, not_asked, not_chosen
from wsrouter.truth.probe import Probe
from wsrouter.truth.probing import Result
from wsrouter.truth.verdict import Verdict

USD_PER_MILLION_MESSAGES = 1.0
PRICE_SOURCE = "awsforengineers.com, 19 May 2025"
"""The page "AWS API Gateway Pricing Explained": WebSocket APIs in US East, the first
billion messages."""
COUNTED_AS = 8
"""A message and its reply, of 128 KB at most, are each counted once for each 32 KB."""


def estimate(probes: Iterable[Probe]) -> str:
    """How long these probes take, and what their messages cost at most."""
    found = list(probes)
    seconds = sum(probe.seconds for probe in found)
    seconds += 15 * len({probe.edition for probe in found})
    messages = sum(probe.messages for probe in found)
    usd = COUNTED_AS * messages * USD_PER_MILLION_MESSAGES / 1e6
    return (
        f"{len(found)} questions, about {max(1, round(seconds / 60))} min, at most"
        f" {messages} messages, counted as {COUNTED_AS * messages} at most: {usd:.6f}"
        f" USD at {USD_PER_MILLION_MESSAGES:.2f} USD per million ({PRICE_SOURCE})."
    )


def listing() -> Iterator[str]:
    """Every point: number, question, switches, time and messages."""
    for probe in PROBES:
        yield f"{probe.point:2}  {probe.question}"
        switches = ", ".join(probe.switches) or "no switch; printed as observed"
        slow = "; only with --slow" if probe.slow else ""
        cost = f"{probe.seconds} s, {probe.messages} messages{slow}"
        yield f"    {switches}  ({cost})"
    for point, question, reason in not_asked(PROBES):
        yield f"{point:2}  {question}"
        yield f"    not asked: {reason}"


def result_lines(result: Result) -> Iterator[str]:
    """A result for people."""
    yield f"{result.probe.point:2}  {result.probe.question}"
    for verdict in result.verdicts:
        yield f"    {_heading(verdict)}  {escape(verdict.words)}"


def _heading(verdict: Verdict) -> str:
    if verdict.state == "settled":
        return f"{verdict.switch}={verdict.value}"
    if verdict.state == "observed":
        return "observed:"
    return f"{verdict.switch or 'this'} is still open:"


def conclusion(results: Iterable[Result], asked: Iterable[Probe]) -> Iterator[str]:
    """What to run `ws_local` with, and what is not known."""
    verdicts = [verdict for result in results for verdict in result.verdicts]
    settled = {it.switch: it.value for it in verdicts if it.state == "settled"}
    if settled:
        yield "Your local gateway is true with:"
        yield f"    {command(settled)}"
        confirmed = [
            name for name, value in settled.items() if _is_default(name, value)
        ]
        if confirmed:
            yield f"The defaults of {', '.join(sorted(confirmed))} are true."
    else:
        yield "No switch of the local gateway was settled."
    open_switches = sorted({it.switch for it in verdicts if it.state == "open"} - {""})
    if open_switches:
        yield f"Still open: {', '.join(open_switches)}."
    probes = list(asked)
    if left := not_chosen(probes):
        yield f"Not chosen: {', '.join(map(str, left))}."
    yield "Not asked:"
    for point, question, reason in not_asked(probes):
        yield f"{point:2}  {question} ({reason})"


def command(settled: dict[str, str]) -> str:
    """The command with the switches whose true value is not the default."""
    options = [
        f"--aws {name}={value}"
        for name, value in sorted(settled.items())
        if not _is_default(name, value)
    ]
    return " ".join(["python manage.py ws_local", *options])


def _is_default(name: str, value: str) -> bool:
    return str(SWITCHES[name].default) == value


def as_json(results: Iterable[Result]) -> list[dict[str, Any]]:
    """The results with their raw evidence."""
    return [
        {
            "point": result.probe.point,
            "question": result.probe.question,
            "verdicts": [
                {
                    "state": verdict.state,
                    "switch": verdict.switch,
                    "value": verdict.value,
                    "words": verdict.words,
                }
                for verdict in result.verdicts
            ],
            "evidence": result.evidence,
        }
        for result in results
    ]
