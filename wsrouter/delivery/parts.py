"""What is told of a send, and of several sends of one event as one."""

from collections import Counter
from collections.abc import Sequence

from wsrouter.routing.delivery import Delivery, Report, Status


def delivered(event: str, report: Report | None) -> Delivery:
    """Of a send with this report; None where the background has taken it."""
    status = Status.QUEUED if report is None else Status.DONE
    return Delivery(event=event, status=status, report=report)


def total(reports: Sequence[Report], left_out: int) -> Report:
    """The sum of the reports."""
    reasons: Counter[str] = Counter()
    for report in reports:
        reasons.update(report.reasons)
    return Report(
        delivered=sum(report.delivered for report in reports),
        gone=sum(report.gone for report in reports),
        failed=sum(report.failed for report in reports),
        left_out=left_out,
        reasons=dict(reasons),
        stopped=next((report.stopped for report in reports if report.stopped), ""),
    )


def delivered_in_parts(deliveries: Sequence[Delivery]) -> Delivery:
    """What a caller is told of sends that took the same event to several gateways:
    they are done when all of them are."""
    reports = [each.report for each in deliveries if each.report is not None]
    if len(reports) == len(deliveries):
        report = total(reports, sum(report.left_out for report in reports))
        return delivered(deliveries[0].event, report)
    return next(each for each in deliveries if each.report is None)
