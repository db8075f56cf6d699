"""Sends events now, after the commit or in the background; closes and describes single
connections."""

import logging
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import Any

from wsrouter.delivery.background import Background
from wsrouter.delivery.kept_sender import KeptSender
from wsrouter.delivery.parts import delivered, delivered_in_parts
from wsrouter.delivery.ports import (
    CustomWriters,
    OnDelivered,
    Postpone,
    Recipient,
    StageAddress,
)
from wsrouter.delivery.posting import Posting, SendPolicy
from wsrouter.errors import DeliveryFailed, EventTooLarge
from wsrouter.routing import after_answer, telemetry
from wsrouter.routing.after_answer import TimeBudget
from wsrouter.routing.delivery import Delivery, Report, Status
from wsrouter.routing.ports import Address, Outgoing
from wsrouter.wire import limits
from wsrouter.wire.encode import OWN_FRAMES, FrameWriter

logger = logging.getLogger("wsrouter.delivery")
_REPLY = "reply"
_LEAST_SHARE = 0.5
"""A send that waited leaves with this share of its seconds at least; an engine has
more."""
LONG_AGO = datetime(2000, 1, 1, tzinfo=UTC)
"""The `stored_at` of a connection that has sent a message: its handshake is done."""


@dataclass(frozen=True, kw_only=True)
class Sender:
    """The port that events and connections send through. `check_gateway` raises for an
    unknown alias. `can_queue` says whether a queued send is a part of the open
    transaction, and of no other one."""

    posting: Posting
    kept: KeptSender
    check_gateway: Callable[[str], object]
    postpone: Postpone
    can_queue: Callable[[], bool]
    finish: Callable[[Sequence[Address]], Sequence[Address]]
    on_delivered: OnDelivered
    user_key: Callable[[Any], Any]
    user_keys: Callable[[Any], frozenset[Any]]
    custom_writers: CustomWriters = dict

    def send(self, outgoing: Outgoing, *, now: bool) -> Delivery:
        """Raises EventTooLarge, and InvalidEnvelope, before anything is sent."""
        if outgoing.recipients.gateway:
            self.check_gateway(outgoing.recipients.gateway)
        if outgoing.keep is not None:
            return self.kept.send(outgoing, now=now)
        encoded = self._encoded(outgoing)
        sent = [self._send(part, data, now=now) for part, data in encoded]
        return sent[0] if len(sent) == 1 else delivered_in_parts(sent)

    def _encoded(self, outgoing: Outgoing) -> list[tuple[Outgoing, bytes]]:
        """The frame of an event; by gateway, where an event to all gateways looks
        different on one of them."""
        writers, alias = self.custom_writers(), outgoing.recipients.gateway
        parts = [outgoing]
        if not alias and any(writers.values()):
            parts = list(_by_gateway(outgoing, writers))
        return [
            (part, _frame(part, writers.get(part.recipients.gateway) or OWN_FRAMES))
            for part in parts
        ]

    def _send(self, outgoing: Outgoing, data: bytes, *, now: bool) -> Delivery:
        policy = self.policy(outgoing.recipients.gateway)
        if not now and self._is_deferred(outgoing, data, policy):
            return Delivery(event=outgoing.event, status=Status.DEFERRED)
        return self._send_now(outgoing, data, policy, policy.seconds)

    def policy(self, alias: str) -> SendPolicy:
        """How the events of a gateway are sent."""
        return self.posting.policy(alias)

    def reply(self, address: Address, data: bytes) -> None:
        """Post the answer to a message instead of returning it. The transactions of the
        message are over."""
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
        """Inside a message after its answer, in order with what it sends."""
        close = self.policy(address.gateway).transport.close
        if not after_answer.defer(lambda _: close(address)):
            close(address)

    def info(self, address: Address) -> Mapping[str, Any]:
        return self.policy(address.gateway).transport.info(address)

    def _is_deferred(self, outgoing: Outgoing, data: bytes, policy: SendPolicy) -> bool:
        """Leave a send to the commit and the answer; False when there is nothing to
        wait for. Where there is an engine, the send is stored in the transaction: it
        survives the process."""
        if policy.background is not None and self.can_queue():
            _queue(policy.background, outgoing, data)
            return True

        def leave(budget: TimeBudget) -> None:
            self._leave(outgoing, data, policy, budget)

        return self.postpone(leave, len(data))

    def _leave(
        self, outgoing: Outgoing, data: bytes, policy: SendPolicy, budget: TimeBudget
    ) -> None:
        """Send what was deferred. The caller is long gone, so a failure goes the way of
        the report."""
        try:
            seconds = budget.seconds_left(policy.seconds)
            is_late = seconds < policy.seconds * _LEAST_SHARE
            if is_late and policy.background is not None:
                _queue(policy.background, outgoing, data)
            else:
                self._send_now(outgoing, data, policy, seconds)
        except Exception as error:
            logger.exception("The event %r was not sent.", outgoing.event)
            stopped = f"{type(error).__name__}: {error}"
            report = Report(left_out=outgoing.left_out, stopped=stopped)
            self.on_delivered(delivered(outgoing.event, report))

    def _send_now(
        self, outgoing: Outgoing, data: bytes, policy: SendPolicy, seconds: float
    ) -> Delivery:
        with telemetry.sending(outgoing.event) as done:
            report = self.posting.post(outgoing, data, policy, seconds)
            delivery = delivered(outgoing.event, report)
            done(delivery)
        if report is not None:
            self.on_delivered(delivery)
        return delivery

    def _post(self, address: Address, data: bytes) -> None:
        stage_address = StageAddress(address.gateway, address.api_id, address.stage)
        page = [Recipient(address.connection_id, stage_address, LONG_AGO)]
        policy = self.policy(address.gateway)
        report = self.posting.post_pages([page], data, policy, policy.seconds, _REPLY)
        if report.failed:
            logger.warning("A reply was not delivered: %s", report)


def _queue(background: Background, outgoing: Outgoing, data: bytes) -> None:
    with telemetry.sending(outgoing.event) as done:
        background.put(outgoing, data)
        done(delivered(outgoing.event, None))


def _by_gateway(outgoing: Outgoing, aliases: Iterable[str]) -> Iterator[Outgoing]:
    left_out = outgoing.left_out
    for alias in aliases:
        recipients = replace(outgoing.recipients, gateway=alias)
        yield replace(outgoing, recipients=recipients, left_out=left_out)
        left_out = 0


def _frame(outgoing: Outgoing, writer: FrameWriter) -> bytes:
    data = writer.event(outgoing.event, outgoing.id, outgoing.payload)
    if len(data) > limits.MESSAGE_BYTES:
        raise EventTooLarge(
            f"The event {outgoing.event!r} has {len(data)} bytes;"
            f" {limits.MESSAGE_BYTES} can be sent (API Gateway quota)."
        )
    return data
