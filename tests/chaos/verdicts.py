"""All judges over all that was written down."""

from collections import defaultdict
from typing import TYPE_CHECKING

from tests.chaos import audit
from tests.chaos.judges import judge_calls, judge_own, judge_sends
from tests.chaos.ledger import Ledger, read
from tests.faults import committed
from tests.faults.judge import Judge, Verdict
from tests.faults.site.models import Sent
from tests.faults.truth import Truth

if TYPE_CHECKING:
    from tests.chaos.run import Run


def of(run: "Run") -> Verdict:
    truth = committed.truth(broken_at=run.storm.broken_at, epochs_at={})
    total = Verdict(problems=[*truth.problems(), *run.late, *run.storm.fallen])
    watched = {
        page["name"]: [name for names in page["subscriptions"] for name in names]
        for page in run.crowd
    }
    ledgers = []
    for node in run.nodes:
        for page in node.records():
            name, user = page["name"], page["user"]
            judge = Judge(name, user, watched[name], truth)
            _add(total, judge.read([one for one in page["records"] if _is_of(one)]))
            ledgers.append(read(page, watched[name]))
    _add(total, _of_ledgers(run, ledgers, truth))
    for kind, growth in run.memory.growths().items():
        if not growth.is_flat:
            total.problems.append(f"{kind} grows: {growth}")
    total.counts["kept events"] = len(
        {e.id for s in truth.streams.values() for e in s.events.values()}
    )
    return total


def _is_of(record: list[object]) -> bool:
    """Whether it is one for the judge of streams."""
    return record[0] in ("page", "ask", "reply", "event", "gap", "problem")


def _of_ledgers(run: "Run", ledgers: list[Ledger], truth: Truth) -> Verdict:
    total = Verdict()
    for ledger in ledgers:
        _add(total, judge_calls(ledger, run.storm.strikes))
        _add(total, judge_own(ledger, truth))
    texts = defaultdict(list)
    for number, text in Sent.objects.filter(kind="hall").values_list("name", "text"):
        texts[f"hall:{number}"].append(text)
    sends, members = audit.sends(), audit.memberships()
    _add(total, judge_sends(sends, texts, members, ledgers))
    return total


def _add(total: Verdict, found: Verdict) -> None:
    total.problems += found.problems
    total.behind += found.behind
    total.counts += found.counts
