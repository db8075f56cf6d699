"""A send holds a page or two of its recipients, however many there are."""

import tracemalloc
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime, timedelta

import pytest

from wsrouter.delivery.deliver import deliver
from wsrouter.delivery.memory import MemoryTransport
from wsrouter.delivery.ports import Recipient, StageAddress
from wsrouter.delivery.retry import RetryPolicy
from wsrouter.delivery.schedule import LOW_MARK
from wsrouter.delivery.token_bucket import TokenBucket
from wsrouter.routing.delivery import Report
from wsrouter.routing.ports import Address

PAGE = 1000
MEBIBYTE = 2**20


class Socket:
    frames = 0

    def arrived(self, data: bytes) -> None:
        self.frames += 1

    def closed_by_server(self) -> None: ...


class Forgotten:
    """Counts the forgotten connections, and keeps none of them, like the registry."""

    most = total = 0

    def __call__(self, gone: Sequence[Address]) -> None:
        self.most, self.total = max(self.most, len(gone)), self.total + len(gone)


def pages(count: int, kinds: int) -> Iterator[list[Recipient]]:
    """Every `kinds`-th recipient is open."""
    long_ago = datetime.now(UTC) - timedelta(minutes=5)
    for at in range(0, count, PAGE):
        yield [
            Recipient(
                f"{'open' if number % kinds == 0 else number:>024}",
                StageAddress("default"),
                long_ago,
            )
            for number in range(at, at + PAGE)
        ]


def peak(count: int, kinds: int, forget: Forgotten) -> tuple[Report, int]:
    transport, socket = MemoryTransport(), Socket()
    transport.opened(f"{'open':>024}", socket)
    tracemalloc.start()
    try:
        report = deliver(
            pages(count, kinds),
            b"x",
            event="news",
            transport=transport,
            forget=forget,
            bucket=TokenBucket(1e9),
            retry_policy=RetryPolicy(seconds=600),
        )
        return report, tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()


@pytest.mark.parametrize("kinds", [1, 2])
def test_twenty_thousand_take_no_more_than_two_thousand(kinds: int) -> None:
    """A list of them would take 4 MiB."""
    few, many = Forgotten(), Forgotten()
    report, least = peak(2 * PAGE, kinds, few)
    assert report.recipients == 2 * PAGE
    report, most = peak(20 * PAGE, kinds, many)
    assert report.recipients == 20 * PAGE
    assert report.delivered == 20 * PAGE // kinds
    assert most - least < MEBIBYTE / 2
    assert many.total == report.gone
    assert many.most <= PAGE + LOW_MARK
