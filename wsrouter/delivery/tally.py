"""Counts the results for the recipients of one send."""

from collections import Counter
from dataclasses import dataclass, field

from wsrouter.delivery.ports import PostResult, PostStatus, Recipient
from wsrouter.delivery.retry import is_young
from wsrouter.routing.delivery import Report
from wsrouter.routing.ports import Address


@dataclass(slots=True)
class Tally:
    """Counts final results, each recipient once. `gone` holds closed connections until
    the caller takes them to remove their rows."""

    delivered: int = 0
    gone_count: int = 0
    failed: int = 0
    reasons: Counter[str] = field(default_factory=Counter)
    gone: list[Address] = field(default_factory=list)
    stopped: str = ""

    def count(self, recipient: Recipient, result: PostResult) -> None:
        """Count the final result for a recipient."""
        if result.status is PostStatus.DELIVERED:
            self.delivered += 1
        elif result.status is PostStatus.GONE and not is_young(recipient):
            self.gone_count += 1
            self.reasons[result.reason] += 1
            self.gone.append(recipient.address)
        else:
            in_handshake = result.status is PostStatus.GONE
            self.fail("handshake" if in_handshake else result.reason)

    def fail(self, reason: str, number: int = 1) -> None:
        if number:
            self.failed += number
            self.reasons[reason] += number

    def take_gone(self) -> list[Address]:
        """The closed connections since the last call."""
        taken, self.gone = self.gone, []
        return taken

    def report(self, *, left_out: int) -> Report:
        return Report(
            delivered=self.delivered,
            gone=self.gone_count,
            failed=self.failed,
            left_out=left_out,
            reasons=dict(self.reasons),
            stopped=self.stopped,
        )
