"""Sends events now, after the commit or in the background; closes and describes single
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
    Forget,
    OnDelivered,
    Place,
    Recipient,
    RecipientSource,
    Transport,
)
from wsrouter.delivery.retry import RetryPolicy
from wsrouter.delivery.token_bucket import TokenBucket
from wsrouter.errors import DeliveryFailed, EventTooLarge, TooManyRecipients
from wsrouter.routing.delivery import Delivery, Report, Status
from wsrouter.routing.ports import Address, Outgoing
from wsrouter.wire import encode, limits

logger = logging.getLogger("wsrouter.delivery")
LONG_AGO = datetime(2000, 1, 1, tzinfo=UTC)
"""The `stored_at` of a connection that has sent a message: its handshake is done."""


@dataclass(frozen=True, kw_only=True)
class SendPolicy:
    """How a gateway's events are sent. The calling thread sends to at most
    `max_recipients`, for at most `seconds`; larger sends go to the `background`, if
    there is one."""

    transport: Transport
    max_recipients: int
    seconds: float
    bucket: TokenBucket
    background: Background | None = None


@dataclass(frozen=True, kw_only=True)
class Sender:
    """The port that events and connections send through. `policy` maps a gateway's
    alias to its policy, and "" to that of a send to all gateways; `check_gateway`
    raises for an unknown alias."""

    recipient_source: RecipientSource
    policy: Callable[[str], SendPolicy]
    check_gateway: Callable[[str], object]
    in_transaction: Callable[[], bool]
    after_commit: AfterCommit
    forget: Forget
    finish: Callable[[Sequence[Address]], Sequence[Address]]
    on_delivered: OnDelivered

    def send(self, outgoing: Outgoing, *, on_commit: bool) -> Delivery:
        """Raises EventTooLarge or TooManyRecipients before anything is sent."""
        if outgoing.recipients.gateway:
            self.check_gateway(outgoing.recipients.gateway)
        data = _encoded(outgoing)
        policy = self.policy(outgoing.recipients.gateway)
        if on_commit and self.in_transaction():
            return self._defer(outgoing, data, policy)
        return self._send_now(outgoing, data, policy)

    def reply(self, address: Address, data: bytes, *, on_commit: bool) -> None:
        """Post the answer to a message instead of returning it."""
        if not (on_commit and self.after_commit(lambda: self._post(address, data))):
            self._post(address, data)

    def work(self, send: int, task_id: str, gateway: str) -> None:
        """Carry out a slice of a queued send; engines call this."""
        if (background := self.policy(gateway).background) is not None:
            background.work(send, task_id)

    def end(self, addresses: Sequence[Address]) -> None:
        """Close connections whose session has ended, and remove their rows; engines
        call this. Raises DeliveryFailed when some could not be closed; it is safe to
        repeat the call with all of them."""
        if failed := self.finish(addresses):
            raise DeliveryFailed(
                f"{len(failed)} of {len(addresses)} connections could not be closed."
            )

    def close(self, address: Address) -> None:
        self.policy(address.gateway).transport.close(address)

    def info(self, address: Address) -> Mapping[str, Any]:
        return self.policy(address.gateway).transport.info(address)

    def _defer(self, outgoing: Outgoing, data: bytes, policy: SendPolicy) -> Delivery:
        if policy.background is not None:
            policy.background.put(outgoing, data)
        else:
            self._check_number(outgoing, policy)
            self.after_commit(lambda: self._send_now(outgoing, data, policy))
        return Delivery(event=outgoing.event, status=Status.DEFERRED)

    def _send_now(
        self, outgoing: Outgoing, data: bytes, policy: SendPolicy
    ) -> Delivery:
        pages = self.recipient_source.pages(outgoing.recipients)
        first, second = next(pages, []), next(pages, None)
        if second is None and len(first) <= policy.max_recipients:
            return self._deliver(outgoing, data, policy, [first])
        if policy.background is None:
            self._check_number(outgoing, policy)
        elif self.recipient_source.exceeds(outgoing.recipients, policy.max_recipients):
            policy.background.put(outgoing, data)
            return Delivery(event=outgoing.event, status=Status.QUEUED)
        read = [first] if second is None else [first, second]
        return self._deliver(outgoing, data, policy, chain(read, pages))

    def _check_number(self, outgoing: Outgoing, policy: SendPolicy) -> None:
        """Refuse a send that might take longer than the 29 seconds of a request."""
        if not outgoing.recipients.connection_id and self.recipient_source.exceeds(
            outgoing.recipients, policy.max_recipients
        ):
            raise TooManyRecipients(
                f"The event {outgoing.event!r} has more than {policy.max_recipients}"
                " recipients (SEND_RECIPIENTS), too many to send while the caller"
                " waits: set BACKGROUND to 'celery' or 'tasks', and a worker sends it."
            )

    def _deliver(
        self,
        outgoing: Outgoing,
        data: bytes,
        policy: SendPolicy,
        pages: Iterable[list[Recipient]],
    ) -> Delivery:
        report = self._post_pages(pages, data, policy, left_out=outgoing.left_out)
        delivery = Delivery(event=outgoing.event, status=Status.DONE, report=report)
        self.on_delivered(delivery)
        return delivery

    def _post(self, address: Address, data: bytes) -> None:
        place = Place(address.gateway, address.api_id, address.stage)
        page = [Recipient(address.connection_id, place, LONG_AGO)]
        report = self._post_pages([page], data, self.policy(address.gateway))
        if report.failed:
            logger.warning("A reply was not delivered: %s", report)

    def _post_pages(
        self,
        pages: Iterable[list[Recipient]],
        data: bytes,
        policy: SendPolicy,
        left_out: int = 0,
    ) -> Report:
        return deliver(
            pages,
            data,
            transport=policy.transport,
            forget=self.forget,
            bucket=policy.bucket,
            retry_policy=RetryPolicy(seconds=policy.seconds),
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
