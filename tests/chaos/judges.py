"""Whether what was promised was kept: of calls, of what is somebody's own, of sends."""

from collections import defaultdict
from collections.abc import Mapping, Sequence

from tests.chaos.audit import Memberships, Send
from tests.chaos.ledger import Call, Ledger
from tests.chaos.strikes import SLACK_MS, Strikes
from tests.faults.judge import Verdict
from tests.faults.truth import Truth

RECOVERY_MS = 60_000
"""So long after a strike it may still be felt: pages come back together, and answers of
the gateway take up to 29 s."""
LATE_MS = 5000
"""A post arrives within two seconds, and a page has to read it."""
SILENT = "CallTimeout"
CRASHED = "internal_error"


def judge_calls(ledger: Ledger, strikes: Strikes) -> Verdict:
    """Each call has its own reply, or an error; no answer, and an error of the server
    itself, have a reason."""
    verdict = Verdict()
    for call in ledger.calls.values():
        name = f"{ledger.name}: call {call.id} of {call.at}"
        if call.answered_at is None:
            verdict.problems.append(f"{name} was never settled")
            continue
        verdict.counts[f"calls: {call.outcome}"] += 1
        if call.outcome == "reply" and call.number != call.id:
            verdict.problems.append(f"{name} got the reply to {call.number}")
        if call.outcome == "reply" and call.user != ledger.user:
            verdict.problems.append(f"{name} was answered as user {call.user}")
        if call.outcome in (SILENT, CRASHED) and not _was_told(ledger, call):
            verdict.counts[f"calls: {call.outcome}, near a strike"] += 1
            if not strikes.between(call.at, call.answered_at, before=RECOVERY_MS):
                problem = f"{name}: {call.outcome}, and nothing had failed"
                verdict.problems.append(problem)
    return verdict


def _was_told(ledger: Ledger, call: Call) -> bool:
    """By an error of the gateway, which names no call."""
    assert call.answered_at is not None
    return any(call.at <= at <= call.answered_at for at in ledger.gateway_errors)


def judge_own(ledger: Ledger, truth: Truth) -> Verdict:
    """Nobody sees, and nobody enters, what is not theirs."""
    verdict = Verdict()
    own = {f"user:{ledger.user}", ledger.hall}
    for _, to, text in ledger.told:
        verdict.counts["plain events"] += 1
        if to not in own:
            verdict.problems.append(f"{ledger.name} was told {text}, which is for {to}")
    for stream_id in ledger.streams:
        stream = truth.streams.get(stream_id)
        if stream is None:
            continue  # the judge of streams says so
        mine = ledger.watched if stream.kind == "group" else {ledger.user}
        if stream.name not in mine:
            verdict.problems.append(f"{ledger.name} was told of {stream.name}")
    verdict.problems += [
        f"{ledger.name} was let into {hall}" for hall in sorted(ledger.others_halls)
    ]
    for outcome in ledger.trespasses:
        verdict.counts[f"halls of others: {outcome}"] += 1
    verdict.counts["plain events that came twice"] += ledger.count_twice()
    return verdict


def judge_sends(
    sends: Sequence[Send],
    committed: Mapping[str, Sequence[str]],
    memberships: Memberships,
    ledgers: Sequence[Ledger],
) -> Verdict:
    """Each send that was committed is carried out once, counts everybody who was there
    all the time and nobody who never was, and reaches whom it says that it has reached.
    `committed` has the texts by hall."""
    verdict = Verdict()
    queued = {send.text: send for send in sends if send.event == "rumour"}
    for hall, texts in committed.items():
        lost = [text for text in texts if text not in queued]
        verdict.problems += [
            f"{hall}: {text} was committed, not queued" for text in lost
        ]
    by_hall = defaultdict(list)
    for ledger in ledgers:
        by_hall[ledger.hall].append(ledger)
    for send in sends:
        verdict.counts["queued sends"] += 1
        if send.reports > 1:
            verdict.problems.append(f"send {send.id} was reported {send.reports} times")
        elif send.done_at is None:
            verdict.behind.append(f"send {send.id} was not carried out")
        elif send.event == "rumour":
            (hall,) = send.groups or ("",)
            _count(verdict, send, memberships.get(hall, ()))
            _reach(verdict, send, by_hall[hall])
    return verdict


def _count(
    verdict: Verdict, send: Send, members: Sequence[tuple[str, int, int]]
) -> None:
    assert send.done_at is not None
    begin, end = send.queued_at, send.done_at
    always = sum(
        came < begin - SLACK_MS and left > end + SLACK_MS for _, came, left in members
    )
    ever = sum(
        came <= end + SLACK_MS and left >= begin - SLACK_MS for _, came, left in members
    )
    verdict.counts["recipients"] += send.recipients
    verdict.counts["recipients that failed"] += send.failed
    if not always <= send.recipients <= ever:
        verdict.problems.append(
            f"send {send.id} counts {send.recipients} recipients, of {always} to {ever}"
        )


def _reach(verdict: Verdict, send: Send, ledgers: Sequence[Ledger]) -> None:
    assert send.done_at is not None
    begin, end = send.queued_at - SLACK_MS, send.done_at + LATE_MS
    stayed = [
        ledger
        for ledger in ledgers
        if any(
            one.entered_at < begin and one.closed_at > end
            for one in ledger.presences.values()
        )
    ]
    verdict.counts["recipients that stayed"] += len(stayed)
    missed = [ledger.name for ledger in stayed if send.text not in ledger.texts]
    if len(missed) > send.failed:
        verdict.problems.append(
            f"send {send.id} ({send.text}) says that {send.failed} failed, and"
            f" {len(missed)} did not get it: {', '.join(missed[:5])}"
        )
