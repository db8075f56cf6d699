"""Keeps the secret out of botocore's debug log, which contains whole calls and
answers."""

import logging
import re

from wsrouter.sync.change import MASK
from wsrouter.wire import mapping

_LOGGERS = ("botocore.endpoint", "botocore.parsers")
_VALUE = re.compile(rf"({re.escape(mapping.SECRET)}[^\w.~+/=-]+)[\w.~+/=-]+")


class _SecretFilter(logging.Filter):
    def filter(self, record: logging.LogRecord) -> bool:
        text = record.getMessage()
        if mapping.SECRET in text:
            record.msg, record.args = _VALUE.sub(rf"\1{MASK}", text), ()
        return True


_filter = _SecretFilter()


def mask_logs() -> None:
    """From now on, replace the mapped secret, old or new, by `***` in botocore's log.
    Repeated calls have no effect."""
    for name in _LOGGERS:
        logging.getLogger(name).addFilter(_filter)
