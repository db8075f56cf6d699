"""Tells developers of errors that the `errors=` of a route do not allow."""

import logging
from typing import Any

from django.conf import settings
from django.core.signals import got_request_exception

from wsrouter.errors import UndeclaredError
from wsrouter.routing.flow import report_while_handling
from wsrouter.routing.frame import Frame
from wsrouter.setting_caches import on_change
from wsrouter.wiring import substitutes

logger = logging.getLogger("wsrouter.request")
_warned: set[str] = set()
on_change(_warned.clear, "DEBUG")


def report(frame: Frame, request: Any, why: str) -> None:
    """Make the test client raise UndeclaredError, or warn once in DEBUG. Elsewhere do
    nothing: the error is answered as it is."""
    if substitutes.current.secret:
        # Django's client raises what this signal reports, as for a crash in a view.
        report_while_handling(
            UndeclaredError(why),
            lambda _: got_request_exception.send(sender=None, request=request),
        )
    elif settings.DEBUG and why not in _warned:
        _warned.add(why)
        logger.warning("%s", why, extra={"gateway": frame.gateway})
