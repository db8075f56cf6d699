"""Posts one frame to every recipient and counts what became of it."""

from collections.abc import Iterable, Iterator

from wsrouter.delivery.ports import Forget, Recipient, Transport
from wsrouter.delivery.retry import Patience
from wsrouter.delivery.schedule import Agenda
from wsrouter.delivery.token_bucket import Bucket
from wsrouter.routing.delivery import Report


def deliver(
    pages: Iterable[list[Recipient]],
    data: bytes,
    *,
    transport: Transport,
    forget: Forget,
    bucket: Bucket,
    patience: Patience,
    left_out: int = 0,
) -> Report:
    """Post `data` to the recipients of every page; the gone are forgotten."""

    def read() -> Iterator[list[Recipient]]:
        for page in pages:
            _forget_gone(agenda, forget)
            yield page

    agenda = Agenda(read(), bucket=bucket, patience=patience)
    transport.post_all(agenda, data)
    agenda.finish()
    _forget_gone(agenda, forget)
    return agenda.tally.report(left_out=left_out)


def _forget_gone(agenda: Agenda, forget: Forget) -> None:
    if gone := agenda.tally.taken_gone():
        forget(gone)
