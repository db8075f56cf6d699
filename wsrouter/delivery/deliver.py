"""Posts one frame to every recipient and counts the results."""

from collections.abc import Iterable, Iterator

from wsrouter.delivery.ports import Forget, Recipient, Transport
from wsrouter.delivery.retry import RetryPolicy
from wsrouter.delivery.schedule import PostSchedule
from wsrouter.delivery.token_bucket import TokenBucket
from wsrouter.routing.delivery import Report


def deliver(
    pages: Iterable[list[Recipient]],
    data: bytes,
    *,
    transport: Transport,
    forget: Forget,
    bucket: TokenBucket,
    retry_policy: RetryPolicy,
    left_out: int = 0,
) -> Report:
    """Post `data` to the recipients of every page, and hand connections that turn out
    to be closed to `forget`. `left_out` is copied to the report."""

    def read() -> Iterator[list[Recipient]]:
        for page in pages:
            _forget_gone(schedule, forget)
            yield page

    schedule = PostSchedule(read(), bucket=bucket, retry_policy=retry_policy)
    transport.post_all(schedule, data)
    schedule.finish()
    _forget_gone(schedule, forget)
    return schedule.tally.report(left_out=left_out)


def _forget_gone(schedule: PostSchedule, forget: Forget) -> None:
    if gone := schedule.tally.take_gone():
        forget(gone)
