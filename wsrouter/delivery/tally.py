"""Counts what became of the recipients."""

from collections import Counter
from dataclasses import dataclass, field

from wsrouter.delivery.ports import Fate, Posted, Recipient
from wsrouter.delivery.retry import is_young
from wsrouter.routing.delivery import Report
from wsrouter.routing.ports import Address


@dataclass(slots=True)
class Tally:
    """Counts outcomes, each recipient once; `gone` waits to be forgotten."""

    delivered: int = 0
    lost: int = 0
    failed: int = 0
    reasons: Counter[str] = field(default_factory=Counter)
    gone: list[Address] = field(default_factory=list)
    stopped: str = ""

    def count(self, recipient: Recipient, posted: Posted) -> None:
        """The last word on a recipient."""
        if posted.fate is Fate.DELIVERED:
            self.delivered += 1
        elif posted.fate is Fate.GONE and not is_young(recipient):
            self.lost += 1
            self.reasons[posted.reason] += 1
            self.gone.append(recipient.address)
        else:
            young = posted.fate is Fate.GONE
            self.fail("handshake" if young else posted.reason)

    def fail(self, reason: str, number: int = 1) -> None:
        if number:
            self.failed += number
            self.reasons[reason] += number

    def taken_gone(self) -> list[Address]:
        """Those that nobody has taken yet."""
        taken, self.gone = self.gone, []
        return taken

    def report(self, *, left_out: int) -> Report:
        return Report(
            delivered=self.delivered,
            gone=self.lost,
            failed=self.failed,
            left_out=left_out,
            reasons=dict(self.reasons),
            stopped=self.stopped,
        )
