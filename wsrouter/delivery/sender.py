"""Sends events now, after the commit or in the background, and speaks of single
connections."""

import logging
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from itertools import chain
from typing import Any

from wsrouter.delivery.background import Background
from wsrouter.delivery.deliver import deliver
from wsrouter.delivery.ports import (
    AfterCommit,
    Audience,
    Forget,
    OnDelivered,
    Place,
    Recipient,
    Transport,
)
from wsrouter.delivery.retry import Patience
from wsrouter.delivery.token_bucket import Bucket
from wsrouter.errors import DeliveryFailed, EventTooLarge, TooManyRecipients
from wsrouter.routing.delivery import Delivery, Report, Status
from wsrouter.routing.ports import Address, Outgoing
from wsrouter.wire import encode, limits

logger = logging.getLogger("wsrouter.delivery")
LONG_AGO = datetime(2000, 1, 1, tzinfo=UTC)
"""Who has sent a message has had its handshake."""


@dataclass(frozen=True, kw_only=True)
class Terms:
    """How a send goes: at most so many `recipients` and `seconds` inside the calling
    thread, the rest in the `background`, if there is one."""

    transport: Transport
    recipients: int
    seconds: float
    bucket: Bucket
    background: Background | None = None


@dataclass(frozen=True, kw_only=True)
class Sender:
    """The port that events and connections send through; `terms` gives those of a
    gateway, or of a send to all gateways. `check` raises for one that nobody knows."""

    audience: Audience
    terms: Callable[[str], Terms]
    check: Callable[[str], object]
    in_transaction: Callable[[], bool]
    after_commit: AfterCommit
    forget: Forget
    finish: Callable[[Address], bool]
    on_delivered: OnDelivered

    def send(self, outgoing: Outgoing, *, on_commit: bool) -> Delivery:
        """Raises EventTooLarge or TooManyRecipients before anything is sent."""
        if outgoing.recipients.gateway:
            self.check(outgoing.recipients.gateway)
        data = _encoded(outgoing)
        terms = self.terms(outgoing.recipients.gateway)
        if on_commit and self.in_transaction():
            return self._defer(outgoing, data, terms)
        return self._send_now(outgoing, data, terms)

    def reply(self, address: Address, data: bytes, *, on_commit: bool) -> None:
        """Post the answer to a message instead of returning it."""
        if not (on_commit and self.after_commit(lambda: self._post(address, data))):
            self._post(address, data)

    def work(self, send: int, holder: str, gateway: str) -> None:
        """Carry out a slice of a queued send; engines call this."""
        if (background := self.terms(gateway).background) is not None:
            background.work(send, holder)

    def end(self, addresses: Sequence[Address]) -> None:
        """Raises DeliveryFailed when some could not be closed; those can be tried
        again together with the others. Engines call this."""
        failed = [each for each in addresses if not self.finish(each)]
        if failed:
            raise DeliveryFailed(
                f"{len(failed)} of {len(addresses)} connections could not be closed."
            )

    def close(self, address: Address) -> None:
        self.terms(address.gateway).transport.close(address)

    def info(self, address: Address) -> Mapping[str, Any]:
        return self.terms(address.gateway).transport.info(address)

    def _defer(self, outgoing: Outgoing, data: bytes, terms: Terms) -> Delivery:
        if terms.background is not None:
            terms.background.put(outgoing, data)
        else:
            self._check_number(outgoing, terms)
            self.after_commit(lambda: self._send_now(outgoing, data, terms))
        return Delivery(event=outgoing.event, status=Status.DEFERRED)

    def _send_now(self, outgoing: Outgoing, data: bytes, terms: Terms) -> Delivery:
        pages = self.audience.recipients(outgoing.recipients)
        first, second = next(pages, []), next(pages, None)
        if second is None and len(first) <= terms.recipients:
            return self._deliver(outgoing, data, terms, [first])
        if terms.background is None:
            self._check_number(outgoing, terms)
        elif self.audience.exceeds(outgoing.recipients, terms.recipients):
            terms.background.put(outgoing, data)
            return Delivery(event=outgoing.event, status=Status.QUEUED)
        read = [first] if second is None else [first, second]
        return self._deliver(outgoing, data, terms, chain(read, pages))

    def _check_number(self, outgoing: Outgoing, terms: Terms) -> None:
        """The 29 seconds of a request must not be hit."""
        if not outgoing.recipients.connection_id and self.audience.exceeds(
            outgoing.recipients, terms.recipients
        ):
            raise TooManyRecipients(
                f"The event {outgoing.event!r} has more than {terms.recipients}"
                " recipients (SEND_RECIPIENTS), too many to send while the caller"
                " waits: set BACKGROUND to 'celery' or 'tasks', and a worker sends it."
            )

    def _deliver(
        self,
        outgoing: Outgoing,
        data: bytes,
        terms: Terms,
        pages: Iterable[list[Recipient]],
    ) -> Delivery:
        report = self._posted(pages, data, terms, left_out=outgoing.left_out)
        delivery = Delivery(event=outgoing.event, status=Status.DONE, report=report)
        self.on_delivered(delivery)
        return delivery

    def _post(self, address: Address, data: bytes) -> None:
        place = Place(address.gateway, address.api_id, address.stage)
        page = [Recipient(address.connection_id, place, LONG_AGO)]
        report = self._posted([page], data, self.terms(address.gateway))
        if report.failed:
            logger.warning("A reply was not delivered: %s", report)

    def _posted(
        self,
        pages: Iterable[list[Recipient]],
        data: bytes,
        terms: Terms,
        left_out: int = 0,
    ) -> Report:
        return deliver(
            pages,
            data,
            transport=terms.transport,
            forget=self.forget,
            bucket=terms.bucket,
            patience=Patience(seconds=terms.seconds),
            left_out=left_out,
        )


def _encoded(outgoing: Outgoing) -> bytes:
    data = encode.event(outgoing.event, outgoing.payload)
    if len(data) > limits.MESSAGE_BYTES:
        raise EventTooLarge(
            f"The event {outgoing.event!r} has {len(data)} bytes;"
            f" {limits.MESSAGE_BYTES} can be sent (API Gateway quota)."
        )
    return data
