"""Sends kept events: stores each once for every stream, numbers it after the commit,
and posts it to the audience of that stream."""

import logging
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

from wsrouter.delivery.parts import delivered, total
from wsrouter.delivery.ports import (
    CustomWriters,
    KeptEvents,
    OnDelivered,
    Postpone,
    StreamEvent,
)
from wsrouter.delivery.posting import Posting, SendPolicy
from wsrouter.errors import EventTooLarge
from wsrouter.routing import telemetry
from wsrouter.routing.after_answer import TimeBudget
from wsrouter.routing.delivery import Delivery, Report, Status
from wsrouter.routing.ports import Outgoing
from wsrouter.wire import stream_frames
from wsrouter.wire.encode import OWN_FRAMES

logger = logging.getLogger("wsrouter.delivery")
_OUT_OF_TIME = "out_of_time"
Numbering = Callable[[], Sequence[StreamEvent]]


@dataclass(frozen=True, kw_only=True)
class KeptSender:
    """`is_atomic_with` says whether what is stored now is a part of the open
    transaction, and of no other one; `in_transaction`, whether any is open."""

    posting: Posting
    events: KeptEvents
    postpone: Postpone
    is_atomic_with: Callable[[], bool]
    in_transaction: Callable[[], bool]
    on_delivered: OnDelivered
    custom_writers: CustomWriters = dict

    def send(self, outgoing: Outgoing, *, now: bool) -> Delivery:
        """Raises EventTooLarge before anything is stored, and TypeError for `now`
        inside a transaction: an event has no number before the commit."""
        _check_size(outgoing)
        self._check_envelopes(outgoing)
        if now and self.in_transaction():
            raise TypeError(
                f"send(now=True) inside a transaction: the event {outgoing.event!r} is"
                " kept, and gets its number after the commit."
            )
        numbering = self._stored(outgoing)

        def leave(budget: TimeBudget) -> None:
            self._leave(outgoing, numbering, budget)

        if not now and self.postpone(leave, len(outgoing.payload)):
            return Delivery(event=outgoing.event, status=Status.DEFERRED)
        return self._publish(outgoing, numbering(), TimeBudget())

    def post_overdue(self, seconds: float, most: int, until: float) -> int:
        """Number and post what was stored so many seconds ago and not posted since,
        until a moment of `time.monotonic`; returns the number of events, `most` at
        most."""
        count = 0
        for event in self.events.overdue(seconds, most):
            policy = self.posting.policy(event.recipients.gateway)
            budget = TimeBudget(until)
            if not budget.seconds_left(policy.seconds):
                break
            self._post_again(event, policy, budget)
            count += 1
        return count

    def _post_again(
        self, event: StreamEvent, policy: SendPolicy, budget: TimeBudget
    ) -> None:
        """As a part of the trace of the process that has died."""
        with telemetry.of_text(event.trace), telemetry.sending(event.event) as done:
            report = self._post(event, policy, budget)
            self.events.mark_posted([event])
            done(delivered(event.event, report))

    def _check_envelopes(self, outgoing: Outgoing) -> None:
        """Raises InvalidEnvelope before anything is stored."""
        writers, alias = self.custom_writers(), outgoing.recipients.gateway
        for writer in [writers.get(alias)] if alias else writers.values():
            if writer is not None:
                writer.event(outgoing.event, outgoing.id, outgoing.payload)

    def _stored(self, outgoing: Outgoing) -> Numbering:
        """Store it now where that is atomic with the open transaction. Among several
        transactions there is no such moment before the last commit."""
        if self.is_atomic_with():
            stored = self.events.add(outgoing)
            return lambda: self.events.number(stored)
        if self.in_transaction():
            return lambda: self.events.add_numbered(outgoing)
        numbered = self.events.add_numbered(outgoing)
        return lambda: numbered

    def _leave(
        self, outgoing: Outgoing, numbering: Numbering, budget: TimeBudget
    ) -> None:
        """What fails here is posted later by the reaper, once it is stored."""
        try:
            self._publish(outgoing, numbering(), budget)
        except Exception as error:
            logger.exception("The event %r was not sent.", outgoing.event)
            stopped = f"{type(error).__name__}: {error}"
            report = Report(left_out=outgoing.left_out, stopped=stopped)
            self.on_delivered(delivered(outgoing.event, report))

    def _publish(
        self, outgoing: Outgoing, events: Sequence[StreamEvent], budget: TimeBudget
    ) -> Delivery:
        with telemetry.sending(outgoing.event) as done:
            delivery = self._post_to_streams(outgoing, events, budget)
            done(delivery)
        if delivery.report is not None:
            self.on_delivered(delivery)
        return delivery

    def _post_to_streams(
        self, outgoing: Outgoing, events: Sequence[StreamEvent], budget: TimeBudget
    ) -> Delivery:
        reports, posted = [], []
        for event in events:
            policy = self.posting.policy(event.recipients.gateway)
            report = self._post(event, policy, budget, outgoing.opening)
            reports.append(report)
            if report is None or _OUT_OF_TIME not in report.reasons:
                posted.append(event)
        if posted:
            self.events.mark_posted(posted)
        done = [report for report in reports if report is not None]
        if len(done) < len(reports):
            return delivered(outgoing.event, None)
        return delivered(outgoing.event, total(done, outgoing.left_out))

    def _post(
        self,
        event: StreamEvent,
        policy: SendPolicy,
        budget: TimeBudget,
        opening: str = "",
    ) -> Report | None:
        """Post an event to the audience of its stream, and a marker to whoever is
        excluded. None where the background takes it."""
        recipients = event.recipients
        custom = self.custom_writers().get(recipients.gateway)
        if not custom and (recipients.exclude or recipients.exclude_users):
            self._post_markers(event, policy, budget, opening)
        if opening:
            recipients = replace(recipients, exclude=recipients.exclude | {opening})
        outgoing = Outgoing(
            event=event.event,
            payload=event.payload,
            recipients=recipients,
            id=event.id,
        )
        if custom is not None:
            data = custom.event(event.event, event.id, event.payload)
        else:
            data = stream_frames.kept_event(
                event.event, event.id, event.payload, event.position
            )
        seconds = budget.seconds_left(policy.seconds)
        return self.posting.post(outgoing, data, policy, seconds)

    def _post_markers(
        self, event: StreamEvent, policy: SendPolicy, budget: TimeBudget, opening: str
    ) -> None:
        pages = self.posting.recipient_source.excluded_pages(event.recipients)
        self.posting.post_pages(
            ([one for one in page if one.connection_id != opening] for page in pages),
            stream_frames.skipped(event.position),
            policy,
            budget.seconds_left(policy.seconds),
            stream_frames.SKIPPED,
        )


def _check_size(outgoing: Outgoing) -> None:
    data = OWN_FRAMES.event(outgoing.event, outgoing.id, outgoing.payload)
    size = len(data) + stream_frames.STREAM_BYTES
    if size > stream_frames.KEPT_EVENT_BYTES:
        raise EventTooLarge(
            f"The event {outgoing.event!r} has {size} bytes with its place in the"
            f" stream; a kept event has {stream_frames.KEPT_EVENT_BYTES} at most."
        )
