"""Mails of crashes: at most one of each kind in an interval.

A client can repeat a message that crashes as fast as it likes, and Django's
AdminEmailHandler mails every log record. A filter on that handler drops the mail;
every other handler gets all records.
"""

import hashlib
import logging
import traceback
from collections.abc import Iterator
from typing import Any

from django.core.cache import cache
from django.utils.log import AdminEmailHandler

_CACHE_KEY = "wsrouter:crash-mail:"
_MARK = "_wsrouter_failed"


def mark_failed(request: Any) -> None:
    """Django logs the answer to this request, an error, in `django.request`."""
    setattr(request, _MARK, True)


def limit() -> None:
    """Put the filter on every AdminEmailHandler that LOGGING has configured."""
    for handler in _handlers():
        if isinstance(handler, AdminEmailHandler) and _is_due not in handler.filters:
            handler.addFilter(_is_due)


def _handlers() -> Iterator[logging.Handler]:
    loggers = [logging.root, *logging.root.manager.loggerDict.values()]
    for logger in loggers:
        if isinstance(logger, logging.Logger):  # others stand for missing parents
            yield from logger.handlers


def _is_due(record: logging.LogRecord) -> bool:
    """Whether this record is the first of its kind in the interval. The cache makes
    that true of all processes that share one."""
    kind, seconds = _kind(record), _interval(record)
    if kind is None or not seconds:
        return True
    digest = hashlib.sha256(repr(kind).encode()).hexdigest()
    try:
        return bool(cache.add(_CACHE_KEY + digest, 1, seconds))
    except Exception:  # noqa: BLE001  # what crashed may be the cache
        return True


def _kind(record: logging.LogRecord) -> tuple[object, ...] | None:
    """What records of one kind have in common; None for a record of others."""
    if record.name == "django.request":
        request = getattr(record, "request", None)
        is_ours = getattr(request, _MARK, False)
        return (record.name, str(record.msg), str(record.args)) if is_ours else None
    if record.name.partition(".")[0] != "wsrouter":
        return None
    return (record.name, str(record.msg), *_place(record))


def _place(record: logging.LogRecord) -> tuple[object, ...]:
    """The type of the exception and the line that raised it."""
    kind, _, trace = record.exc_info or (None, None, None)
    last = traceback.extract_tb(trace)[-1:] if trace else []
    places = [(summary.filename, summary.lineno) for summary in last]
    return (kind.__qualname__ if kind else "", *places)


def _interval(record: logging.LogRecord) -> float:
    # Imported late: a process that starts needs the filter, and not the settings.
    from wsrouter import conf
    from wsrouter.options.gateway import Gateway

    try:
        gateway = conf.gateways().get(getattr(record, "gateway", ""))
    except conf.ConfigurationError:
        gateway = None
    return (gateway or Gateway(alias="")).crash_mail_interval
