"""Posts a frame to the recipients of a send: here, or in the background."""

import random
from collections.abc import Callable, Iterable
from dataclasses import dataclass

from wsrouter.delivery.background import Background
from wsrouter.delivery.deliver import deliver
from wsrouter.delivery.ports import (
    Bucket,
    Forget,
    Recipient,
    RecipientSource,
    Transport,
)
from wsrouter.delivery.retry import RetryPolicy
from wsrouter.routing.delivery import Report
from wsrouter.routing.ports import Outgoing


@dataclass(frozen=True, kw_only=True)
class SendPolicy:
    """How a gateway's events are sent: here, for at most `seconds`; or by the
    `background`, if there is one and the event has more than `max_recipients`."""

    transport: Transport
    max_recipients: int
    seconds: float
    bucket: Bucket
    background: Background | None = None


@dataclass(frozen=True, kw_only=True)
class Posting:
    """`policy` maps a gateway's alias to its policy, and "" to that of a send to all
    gateways. `jitter` is the random part of the pauses between attempts."""

    recipient_source: RecipientSource
    policy: Callable[[str], SendPolicy]
    forget: Forget
    jitter: Callable[[], float] = random.random

    def post(
        self, outgoing: Outgoing, data: bytes, policy: SendPolicy, seconds: float
    ) -> Report | None:
        """None where the background takes it."""
        if policy.background is not None and self._is_large(outgoing, policy):
            policy.background.put(outgoing, data)
            return None
        pages = self.recipient_source.pages(outgoing.recipients)
        return self.post_pages(
            pages, data, policy, seconds, outgoing.event, left_out=outgoing.left_out
        )

    def post_pages(
        self,
        pages: Iterable[list[Recipient]],
        data: bytes,
        policy: SendPolicy,
        seconds: float,
        event: str,
        *,
        left_out: int = 0,
    ) -> Report:
        return deliver(
            pages,
            data,
            event=event,
            transport=policy.transport,
            forget=self.forget,
            bucket=policy.bucket,
            retry_policy=RetryPolicy(seconds=seconds, random=self.jitter),
            left_out=left_out,
        )

    def _is_large(self, outgoing: Outgoing, policy: SendPolicy) -> bool:
        named = len(outgoing.recipients.connection_ids)
        if 0 < named <= policy.max_recipients:
            return False
        return self.recipient_source.exceeds(outgoing.recipients, policy.max_recipients)
