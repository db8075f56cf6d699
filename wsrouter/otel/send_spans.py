"""The spans of sends and of their posts, and what is counted of them."""

import time
from collections.abc import Callable
from typing import Any, ClassVar

from opentelemetry import context
from opentelemetry.trace import SpanKind, StatusCode, set_span_in_context

from wsrouter.otel import attributes
from wsrouter.otel.carrying import take_links
from wsrouter.otel.providers import Sdk
from wsrouter.routing.delivery import Delivery, Report

_NOT_TRIED = frozenset({"out_of_time", "forbidden"})
"""Reasons of recipients that were not posted to: the time was over, or the stage
refuses everything."""
_NO_ERROR = frozenset({"gone"})
Attributes = dict[str, Any]


class Operation:
    """A span that is current in a `with` block, and its duration. It is a class since a
    generator for each span would cost a part of what the SDK does."""

    __slots__ = ("_began_at", "_common", "_ends", "_sdk", "_span", "_token")
    name: ClassVar[str]
    kind: ClassVar[SpanKind]

    def __init__(self, sdk: Sdk, event: str, size: int | None = None) -> None:
        self._sdk = sdk
        self._common: Attributes = {
            attributes.SYSTEM: attributes.API_GATEWAY,
            attributes.OPERATION_NAME: self.name,
            attributes.DESTINATION: event,
        }
        self._ends = self._common
        started = {**self._common, attributes.OPERATION_TYPE: attributes.SEND}
        if size is not None:
            started[attributes.BODY_SIZE] = size
        links, inside = take_links()
        self._span = sdk.tracer.start_span(
            f"{self.name} {event}", kind=self.kind, attributes=started, links=links
        )
        self._token = context.attach(set_span_in_context(self._span, inside))
        self._began_at = time.perf_counter()

    def __exit__(self, _: object, error: BaseException | None, __: object) -> None:
        if error is not None:
            self._fail(type(error).__name__)
        seconds = time.perf_counter() - self._began_at
        self._sdk.instruments.operations.record(seconds, self._ends)
        context.detach(self._token)
        self._span.end()

    def _describe(self, report: Report) -> None:
        self._span.set_attributes(
            {
                attributes.BATCH_SIZE: report.recipients,
                attributes.DELIVERED: report.delivered,
                attributes.GONE: report.gone,
                attributes.FAILED: report.failed,
            }
        )
        if report.failed or report.stopped:
            self._fail(_problem(report))

    def _fail(self, problem: str) -> None:
        self._ends = {**self._common, attributes.ERROR_TYPE: problem}
        self._span.set_attribute(attributes.ERROR_TYPE, problem)
        self._span.set_status(StatusCode.ERROR)


class Sending(Operation):
    """A send, until it is carried out or queued."""

    __slots__ = ()
    name, kind = attributes.SEND, SpanKind.PRODUCER

    def __enter__(self) -> Callable[[Delivery], None]:
        return self._done

    def _done(self, delivery: Delivery) -> None:
        self._span.set_attribute(attributes.STATUS, delivery.status.value)
        if delivery.report is not None:
            self._describe(delivery.report)


class Posting(Operation):
    """The posts of a frame to many connections."""

    __slots__ = ()
    name, kind = attributes.POST, SpanKind.CLIENT

    def __enter__(self) -> Callable[[Report], None]:
        return self._done

    def _done(self, report: Report) -> None:
        self._describe(report)
        _count(self._sdk, self._common, report)


def _problem(report: Report) -> str:
    """The commonest reason of those that failed."""
    reasons = {r: n for r, n in report.reasons.items() if r not in _NO_ERROR}
    return max(reasons, key=reasons.__getitem__, default="stopped")


def _count(sdk: Sdk, common: Attributes, report: Report) -> None:
    sent, event = sdk.instruments.sent, common[attributes.DESTINATION]
    if report.delivered:
        sent.add(report.delivered, common)
    for reason, number in report.reasons.items():
        if reason not in _NOT_TRIED:
            sent.add(number, {**common, attributes.ERROR_TYPE: reason})
    for outcome in ("delivered", "gone", "failed"):
        if number := getattr(report, outcome):
            counted = {attributes.DESTINATION: event, attributes.OUTCOME: outcome}
            sdk.instruments.deliveries.add(number, counted)
