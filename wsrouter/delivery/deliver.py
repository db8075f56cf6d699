"""Posts one frame to every recipient and counts the results."""

from collections.abc import Iterable, Iterator

from wsrouter.delivery.ports import Bucket, Forget, Recipient, Transport
from wsrouter.delivery.retry import RetryPolicy
from wsrouter.delivery.schedule import PostSchedule
from wsrouter.routing import telemetry
from wsrouter.routing.delivery import Report


def deliver(
    pages: Iterable[list[Recipient]],
    data: bytes,
    *,
    event: str,
    transport: Transport,
    forget: Forget,
    bucket: Bucket,
    retry_policy: RetryPolicy,
    left_out: int = 0,
) -> Report:
    """Post `data` to the recipients of every page, and hand connections that turn out
    to be closed to `forget`. `left_out` is copied to the report; `event` says what is
    posted, for telemetry."""

    def read() -> Iterator[list[Recipient]]:
        for page in pages:
            _forget_gone(schedule, forget)
            yield page

    schedule = PostSchedule(read(), bucket=bucket, retry_policy=retry_policy)
    with telemetry.posting(event, len(data)) as done:
        transport.post_all(schedule, data)
        schedule.finish()
        report = schedule.tally.report(left_out=left_out)
        done(report)
    _forget_gone(schedule, forget)
    return report


def _forget_gone(schedule: PostSchedule, forget: Forget) -> None:
    if gone := schedule.tally.take_gone():
        forget(gone)
