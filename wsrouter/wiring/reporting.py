"""Maps Django's exceptions to error frames, and reports crashes and deliveries."""

import logging
from typing import Any

from django.core.exceptions import (
    NON_FIELD_ERRORS,
    PermissionDenied,
    ValidationError,
)
from django.core.signals import got_request_exception
from django.http import Http404

from wsrouter.errors import MessageError
from wsrouter.routing.delivery import Delivery
from wsrouter.routing.failures import ErrorMapping, ErrorMappings
from wsrouter.routing.frame import Frame
from wsrouter.routing.problems import Problem, invalid_payload

logger = logging.getLogger("wsrouter.request")
_deliveries = logging.getLogger("wsrouter.delivery")


def report_crash(frame: Frame, request: Any, error: Exception) -> None:
    """Report an exception as Django does for a view: log it with the traceback and the
    request, which mails to ADMINS show, and send `got_request_exception`."""
    ids = {
        "connection": frame.connection_id,
        "request": frame.request_id,
        "message": frame.message_id,
    }
    extra = {f"{name}_id": value for name, value in ids.items()}
    logger.error(
        "%s %s failed (%s)",
        frame.event_type,
        frame.route_key,
        ", ".join(f"{name} {value}" for name, value in ids.items() if value),
        exc_info=error,
        extra={**extra, "request": request, "gateway": frame.gateway},
    )
    got_request_exception.send(sender=None, request=request)


def log_report(delivery: Delivery) -> None:
    """Log the report of a delivery: as an error when it was stopped, as a warning when
    some recipients failed. Without a report nothing is logged."""
    report = delivery.report
    if report is None:
        return
    level = logging.WARNING if report.failed else logging.INFO
    level = logging.ERROR if report.stopped else level
    _deliveries.log(level, "%s: %s", delivery.event, report)


def _not_found(_: Exception) -> MessageError:
    return MessageError("not_found", "Not found.")


def _denied(_: Exception) -> MessageError:
    return MessageError("permission_denied", "You may not do this.")


def _invalid(error: Exception) -> MessageError:
    assert isinstance(error, ValidationError)  # noqa: S101  # KNOWN maps it
    if hasattr(error, "error_dict"):
        fields = error.error_dict
    else:
        fields = {NON_FIELD_ERRORS: error.error_list}
    problems = [
        Problem(
            [] if field == NON_FIELD_ERRORS else [field],
            message,
            field_error.code or "invalid",
        )
        for field, field_errors in fields.items()
        for field_error in field_errors
        for message in field_error.messages
    ]
    return invalid_payload(problems, "; ".join(error.messages))


KNOWN: ErrorMappings = {
    Http404: ErrorMapping(status=404, error=_not_found),
    PermissionDenied: ErrorMapping(status=403, error=_denied),
    ValidationError: ErrorMapping(status=400, error=_invalid),
}
