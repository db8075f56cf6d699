"""The memory of a process that sends, as JSON in KiB: new, idle after an event to a
few, and at most while it sends to all.

    python -m tests.benchmarks.resident inside|worker RECIPIENTS

`inside` is `event.send`; `worker` is what a worker does with a slice of so many.
"""

import json
import sys
import time
from pathlib import Path

import django

from tests.benchmarks.sends import GROUP, ours


def worker() -> int:
    from wsrouter import conf
    from wsrouter.aws.posts.transports import transport
    from wsrouter.delivery.deliver import deliver
    from wsrouter.delivery.retry import RetryPolicy
    from wsrouter.delivery.token_bucket import TokenBucket
    from wsrouter.registry.recipients import StoredRecipients
    from wsrouter.routing.ports import Recipients

    gateway = conf.gateway()
    report = deliver(
        StoredRecipients().pages(Recipients(groups=frozenset({GROUP}))),
        b"x" * 191,
        event="news",
        transport=transport(
            gateway.transport, conf.gateways, in_flight=gateway.in_flight
        ),
        forget=lambda gone: None,
        bucket=TokenBucket(gateway.posts_per_second),
        retry_policy=RetryPolicy(seconds=3600.0),
    )
    assert report.recipients == report.delivered, report
    return report.delivered


def measured(how: str, count: int) -> dict[str, float]:
    new = _kib("VmRSS")
    ours("few")
    idle = _kib("VmRSS")
    Path("/proc/self/clear_refs").write_text("5")
    start = time.perf_counter()
    assert (worker() if how == "worker" else ours(GROUP)) == count
    seconds = time.perf_counter() - start
    return {"new": new, "idle": idle, "most": _kib("VmHWM"), "seconds": seconds}


def _kib(name: str) -> int:
    for line in Path("/proc/self/status").read_text().splitlines():
        if line.startswith(name):
            return int(line.split()[1])
    raise LookupError(name)


if __name__ == "__main__":
    django.setup()
    print(json.dumps(measured(sys.argv[1], int(sys.argv[2]))))  # noqa: T201
