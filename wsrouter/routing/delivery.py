"""What became of an event: done, deferred or queued, and a count of every recipient."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum


class Status(StrEnum):
    DONE = "done"
    DEFERRED = "deferred"
    QUEUED = "queued"


@dataclass(frozen=True, kw_only=True, slots=True)
class Report:
    """How many recipients were delivered, gone (their connection was closed) or failed.

    `reasons` counts each kind of outcome by a short word; `left_out` counts the
    connection whose handshake was still under way when the event was sent from it.
    `stopped` is a sentence that says why not everyone was tried, if so.
    """

    delivered: int = 0
    gone: int = 0
    failed: int = 0
    left_out: int = 0
    reasons: Mapping[str, int] = field(default_factory=dict)
    stopped: str = ""

    @property
    def recipients(self) -> int:
        return self.delivered + self.gone + self.failed


@dataclass(frozen=True, kw_only=True, slots=True)
class Delivery:
    """What `send` returns. `report` is there when `status` is `done`; the report of a
    deferred or queued delivery goes to the log and to the `delivered` signal."""

    event: str
    status: Status
    report: Report | None = None
