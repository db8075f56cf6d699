"""The judges find what they are there for."""

from collections import Counter
from typing import Any

import pytest

from tests.chaos.audit import FOREVER, Send
from tests.chaos.judges import (
    LATE_MS,
    RECOVERY_MS,
    judge_calls,
    judge_own,
    judge_sends,
)
from tests.chaos.ledger import Ledger, read
from tests.chaos.strikes import SLACK_MS, Strike, Strikes
from tests.faults.judge import Verdict
from tests.faults.truth import Stream, Truth

AT, USER, HALL = 1_000_000, "7", "hall:3"
TRUTH = Truth(
    streams={
        "mine": Stream(id="mine", kind="group", name="group-1"),
        "own": Stream(id="own", kind="user", name=USER),
        "strange": Stream(id="strange", kind="group", name="group-2"),
        "of another": Stream(id="of another", kind="user", name="8"),
    }
)


def ledger(*records: Any, name: str = "page") -> Ledger:
    found = [list(record) for record in records]
    return read({"name": name, "user": USER, "records": found}, ["group-1"])


def strikes(*spans: tuple[int, int | None]) -> Strikes:
    return Strikes(
        [
            Strike(kind="django", act="killed", at=begin, ended_at=end)
            for begin, end in spans
        ]
    )


def called(*answer: Any, seconds: int = 1) -> Ledger:
    answered = [("answer", AT + 1000 * seconds, 5, *answer)] if answer else []
    return ledger(("call", AT, 5), *answered)


class TestCalls:
    def test_a_reply_of_its_own(self) -> None:
        verdict = judge_calls(called("reply", 5, USER), strikes())
        assert not verdict.problems
        assert verdict.counts == Counter({"calls: reply": 1})

    @pytest.mark.parametrize(
        ("answer", "problem"),
        [
            ((), "never settled"),
            (("reply", 6, USER), "the reply to 6"),
            (("reply", 5, "8"), "as user 8"),
            (("CallTimeout",), "nothing had failed"),
            (("internal_error",), "nothing had failed"),
        ],
    )
    def test_what_is_wrong(self, answer: tuple[Any, ...], problem: str) -> None:
        (found,) = judge_calls(called(*answer), strikes()).problems
        assert problem in found

    @pytest.mark.parametrize("code", ["ConnectionLost", "gateway_error", "throttled"])
    def test_an_error_is_an_answer(self, code: str) -> None:
        assert not judge_calls(called(code), strikes()).problems

    @pytest.mark.parametrize(
        ("span", "excuses"),
        [
            ((AT + 100, AT + 200), True),
            ((AT - 10_000, None), True),
            ((AT - RECOVERY_MS, AT - RECOVERY_MS + 1), True),
            ((AT - 200_000, AT - RECOVERY_MS - SLACK_MS - 1), False),
            ((AT + 60_000, AT + 61_000), False),
        ],
    )
    def test_silence_needs_a_reason(
        self, span: tuple[int, int | None], *, excuses: bool
    ) -> None:
        found = judge_calls(called("CallTimeout", seconds=30), strikes(span)).problems
        assert (not found) is excuses

    def test_an_error_of_the_gateway_that_names_no_call_is_a_reason(self) -> None:
        told = ("problem", AT + 500, "gateway_error: Endpoint request timed out")
        call = (("call", AT, 5), ("answer", AT + 1000, 5, "CallTimeout"))
        assert not judge_calls(ledger(told, *call), strikes()).problems
        late = ("problem", AT + 5000, *told[2:])
        assert judge_calls(ledger(late, *call), strikes()).problems


class TestOwn:
    def test_what_is_for_this_page(self) -> None:
        records = [
            ("got", AT, 1, "rumour", "id", HALL, "text"),
            ("got", AT, 1, "whisper", "id", f"user:{USER}", "text"),
            ("event", AT, "mine", "epoch", 1, "id", "text"),
            ("event", AT, "own", "epoch", 1, "id", "text"),
            ("trespass", AT, 0, "permission_denied"),
            ("entered", AT, 1, HALL, "connection"),
        ]
        verdict = judge_own(ledger(*records), TRUTH)
        assert not verdict.problems
        assert verdict.counts["halls of others: permission_denied"] == 1

    @pytest.mark.parametrize(
        "record",
        [
            ("got", AT, 1, "rumour", "id", "hall:2", "text"),
            ("got", AT, 1, "whisper", "id", "user:8", "text"),
            ("event", AT, "strange", "epoch", 1, "id", "text"),
            ("event", AT, "of another", "epoch", 1, "id", "text"),
            ("entered", AT, 1, "hall:2", "connection"),
        ],
    )
    def test_what_is_not(self, record: tuple[Any, ...]) -> None:
        assert len(judge_own(ledger(record), TRUTH).problems) == 1

    def test_twice_over_one_socket_is_counted(self) -> None:
        got = [("got", AT, of, "rumour", "id", HALL, "text") for of in (1, 1, 2)]
        verdict = judge_own(ledger(*got), TRUTH)
        assert verdict.counts["plain events that came twice"] == 1


def send(**members: Any) -> Send:
    return Send(
        **{
            "id": 1,
            "event": "rumour",
            "text": "text",
            "groups": (HALL,),
            "queued_at": AT,
            "done_at": AT + 5000,
            "recipients": 2,
            "reports": 1,
            **members,
        }
    )


BEFORE, AFTER = AT - 10_000, AT + 100_000
STAYED = (BEFORE, FOREVER)
MEMBERS = [("a", *STAYED), ("b", *STAYED)]


def page(name: str, *texts: str, came: int = BEFORE, left: int = AFTER) -> Ledger:
    got = [("got", AT, 1, "rumour", "id", HALL, text) for text in texts]
    entered = ("entered", came, 1, HALL, name)
    return ledger(entered, *got, ("closed", left, 1), name=name)


def judged(
    *sends: Send, members: Any = MEMBERS, ledgers: Any = (), texts: Any = ("text",)
) -> Verdict:
    return judge_sends(sends, {HALL: texts}, {HALL: members}, ledgers)


class TestSends:
    def test_all_were_reached(self) -> None:
        verdict = judged(send(), ledgers=[page("a", "text"), page("b", "text")])
        assert not verdict.problems
        assert not verdict.behind
        assert verdict.counts["recipients that stayed"] == 2

    def test_what_was_committed_is_queued(self) -> None:
        assert "not queued" in judged().problems[0]
        assert "not queued" in judged(send(text="another")).problems[0]
        assert "not queued" in judged(send(event="noted")).problems[0]

    def test_one_report_for_each(self) -> None:
        assert judged(send(done_at=None, reports=0)).behind
        assert "2 times" in judged(send(reports=2)).problems[0]
        assert judged(send(event="noted", reports=2), texts=()).problems

    @pytest.mark.parametrize(
        ("recipients", "is_good"), [(1, False), (2, True), (3, True), (4, False)]
    )
    def test_the_report_counts_who_was_there(
        self, recipients: int, *, is_good: bool
    ) -> None:
        members = [
            *MEMBERS,
            ("c", AT + 1000, FOREVER),
            ("d", BEFORE, AT - SLACK_MS - 1),
        ]
        verdict = judged(send(recipients=recipients), members=members)
        assert (not verdict.problems) is is_good

    def test_whoever_stayed_has_it_or_failed(self) -> None:
        ledgers = [page("a", "text"), page("b")]
        assert "did not get it: b" in judged(send(), ledgers=ledgers).problems[0]
        assert not judged(send(failed=1), ledgers=ledgers).problems

    @pytest.mark.parametrize(
        "times",
        [
            {"came": AT - SLACK_MS},
            {"left": AT + 5000 + LATE_MS},
            {"came": AT + 1000, "left": AT + 2000},
        ],
    )
    def test_who_was_not_there_all_the_time_may_lack_it(
        self, times: dict[str, int]
    ) -> None:
        assert not judged(send(), ledgers=[page("a", **times)]).problems
