"""The result of a send: its status, and the number of recipients by outcome."""

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

    `reasons` counts the outcomes by a short word. `left_out` is 1 when the event was
    sent inside `connect` and would have reached the connection that was being opened.
    `stopped` says in a sentence why the rest was not tried; it is empty otherwise.
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
    """What `send` returns. `report` is set when `status` is `done`; the report of a
    deferred or queued delivery goes to the log and to the `delivered` signal."""

    event: str
    status: Status
    report: Report | None = None
