"""One frame to many recipients: counted, bounded, and only closed connections are
forgotten."""

import threading
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import Any, cast

import pytest

from wsrouter.delivery.deliver import deliver
from wsrouter.delivery.kept_sender import KeptSender
from wsrouter.delivery.memory import MemoryTransport
from wsrouter.delivery.ports import (
    PostResult,
    PostStatus,
    Recipient,
    Schedule,
    StageAddress,
)
from wsrouter.delivery.posting import Posting, SendPolicy
from wsrouter.delivery.retry import HANDSHAKE_GRACE, RetryPolicy
from wsrouter.delivery.schedule import LOW_MARK
from wsrouter.delivery.sender import Sender
from wsrouter.delivery.thread_pool import post_in_threads
from wsrouter.delivery.token_bucket import TokenBucket
from wsrouter.errors import ConnectionGone, EventTooLarge
from wsrouter.routing.after_answer import TimeBudget
from wsrouter.routing.delivery import Delivery, Report, Status
from wsrouter.routing.ports import Address, Outgoing, Recipients

IN_FLIGHT = 10
OLD = HANDSHAKE_GRACE + timedelta(seconds=1)
LIMIT = 128 * 1024


def recipient(name: str, age: timedelta = OLD) -> Recipient:
    return Recipient(name, StageAddress("default"), datetime.now(UTC) - age)


class Scripted:
    """Answers as its script says, by connection id; others are delivered."""

    def __init__(self, script: Mapping[str, PostResult] | None = None) -> None:
        self.script = script or {}
        self.posted: list[tuple[str, bytes]] = []
        self.under_way = self.most = 0
        self._lock = threading.Lock()

    def post(self, address: Address, data: bytes) -> PostResult:
        with self._lock:
            self.under_way += 1
            self.most = max(self.most, self.under_way)
            self.posted.append((address.connection_id, data))
        threading.Event().wait(0.005)
        with self._lock:
            self.under_way -= 1
        return self.script.get(address.connection_id, PostResult(PostStatus.DELIVERED))

    def post_all(self, schedule: Schedule, data: bytes) -> None:
        post_in_threads(
            schedule, lambda to, _: self.post(to.address, data), threads=IN_FLIGHT
        )

    def close(self, address: Address) -> None: ...

    def info(self, address: Address) -> Mapping[str, Any]:
        return {}


def delivered(
    *page: list[Recipient],
    transport: Scripted | None = None,
    pages: Any = None,
) -> tuple[Report, list[str]]:
    forgotten: list[str] = []
    report = deliver(
        pages or page,
        b"x",
        event="news",
        transport=transport or Scripted(),
        forget=lambda gone: forgotten.extend(address.connection_id for address in gone),
        bucket=TokenBucket(1e6),
        retry_policy=RetryPolicy(seconds=20),
    )
    return report, forgotten


def test_no_recipients() -> None:
    assert delivered() == (Report(), [])
    assert delivered([], []) == (Report(), [])


def test_every_outcome_is_counted() -> None:
    script = {
        "gone": PostResult(PostStatus.GONE, "gone"),
        "young": PostResult(PostStatus.GONE, "gone"),
        "slow": PostResult(PostStatus.FAILED, "LimitExceededException"),
    }
    report, forgotten = delivered(
        [recipient("a"), recipient("gone"), recipient("slow")],
        [recipient("young", timedelta(seconds=29)), recipient("b")],
        [recipient("c")],
        transport=Scripted(script),
    )
    assert report == Report(
        delivered=3,
        gone=1,
        failed=2,
        reasons={"gone": 1, "LimitExceededException": 1, "handshake": 1},
    )
    assert report.recipients == 6
    assert forgotten == ["gone"]


def test_posts_run_at_once_within_a_bound() -> None:
    transport = Scripted()
    delivered([recipient(str(number)) for number in range(50)], transport=transport)
    assert 1 < transport.most <= IN_FLIGHT
    assert len(transport.posted) == 50


def test_pages_are_taken_one_by_one() -> None:
    transport, read, most_ahead = Scripted(), 0, 0

    def pages() -> Any:
        nonlocal read, most_ahead
        for page in range(20):
            most_ahead = max(most_ahead, read - len(transport.posted))
            read += 100
            yield [recipient(f"{page}-{number}") for number in range(100)]

    report, _ = delivered(*[], transport=transport, pages=pages())
    assert report == Report(delivered=2000)
    assert most_ahead <= LOW_MARK + 100


class FixedRecipients:
    def pages(self, recipients: Recipients, span: Any = None) -> Any:
        yield [recipient("a"), recipient("gone")]

    def exceeds(self, recipients: Recipients, number: int) -> bool:
        return False

    def next_span(self, recipients: Recipients, size: int, previous: Any) -> Any: ...


def sender(transport: Any, waiting: list[Any] | None = None, **more: Any) -> Sender:
    def postpone(run: Any, size: int) -> bool:
        if waiting is None:
            return False
        waiting.append(run)
        return True

    policy = SendPolicy(
        transport=transport, max_recipients=1000, seconds=20, bucket=TokenBucket(1e6)
    )
    callbacks = {
        "finish": lambda addresses: [],
        "on_delivered": lambda delivery: None,
        "user_key": lambda user: user,
        "user_keys": frozenset,
    }
    posting = Posting(
        recipient_source=FixedRecipients(),
        policy=lambda alias: policy,
        forget=lambda addresses: None,
    )
    return Sender(
        posting=posting,
        kept=cast(KeptSender, None),
        check_gateway=lambda _: None,
        postpone=postpone,
        can_queue=lambda: False,
        **(callbacks | more),
    )


def outgoing(payload: bytes = b'"x"', left_out: int = 0) -> Outgoing:
    everyone = Recipients(everyone=True)
    return Outgoing(
        event="news", payload=payload, recipients=everyone, left_out=left_out
    )


def test_a_delivery_and_its_report() -> None:
    reported: list[Delivery] = []
    transport = Scripted({"gone": PostResult(PostStatus.GONE, "gone")})
    done = sender(transport, on_delivered=reported.append).send(
        outgoing(left_out=1), now=False
    )
    report = Report(delivered=1, gone=1, left_out=1, reasons={"gone": 1})
    assert done == Delivery(event="news", status=Status.DONE, report=report)
    assert reported == [done]


def test_a_deferred_delivery_sends_what_it_was_given_then() -> None:
    waiting: list[Any] = []
    reported: list[Delivery] = []
    transport = Scripted()
    port = sender(transport, waiting, on_delivered=reported.append)
    delivery = port.send(outgoing(), now=False)
    assert (delivery.status, delivery.report) == (Status.DEFERRED, None)
    assert transport.posted == []
    waiting.pop()(TimeBudget())
    (_, frame), _ = transport.posted
    assert frame.startswith(b'{"type":"news","id":"')
    assert sorted(transport.posted) == [("a", frame), ("gone", frame)]
    assert reported[0].status is Status.DONE
    assert port.send(outgoing(), now=True).status is Status.DONE


def test_what_is_too_large_is_refused_before_the_commit() -> None:
    waiting: list[Any] = []
    port = sender(Scripted(), waiting)
    frame = len(b'{"type":"news","id":"0123456789abcdef","payload":}')
    port.send(outgoing(b'"' + b"x" * (LIMIT - frame - 2) + b'"'), now=False)
    with pytest.raises(EventTooLarge, match="'news' has 131073 bytes"):
        port.send(outgoing(b'"' + b"x" * (LIMIT - frame - 1) + b'"'), now=False)
    assert len(waiting) == 1


class Socket:
    def __init__(self) -> None:
        self.got: list[bytes] = []
        self.closed = 0

    def arrived(self, data: bytes) -> None:
        self.got.append(data)

    def closed_by_server(self) -> None:
        self.closed += 1


def test_the_transport_in_memory() -> None:
    transport, socket = MemoryTransport(), Socket()
    address = recipient("a").address
    assert transport.post(address, b"x") == PostResult(PostStatus.GONE, "gone")
    transport.opened("a", socket)
    assert transport.post(address, b"x") == PostResult(PostStatus.DELIVERED)
    assert set(transport.info(address)) == {"connectedAt", "lastActiveAt", "identity"}
    transport.close(address)
    transport.close(address)
    assert (socket.got, socket.closed) == ([b"x"], 1)
    with pytest.raises(ConnectionGone):
        transport.info(address)


def test_it_keeps_no_socket_alive() -> None:
    transport = MemoryTransport()
    transport.opened("a", Socket())
    assert transport.post(recipient("a").address, b"x").status is PostStatus.GONE
