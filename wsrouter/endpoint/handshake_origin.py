"""Whether a handshake comes from a page that may open sockets."""

from typing import Any

from wsrouter.auth import origins
from wsrouter.endpoint import dispatch
from wsrouter.endpoint.dispatch import VerifiedRequest
from wsrouter.routing import telemetry
from wsrouter.wiring import frame_log, watching

STATUS = 403


def is_refused(verified: VerifiedRequest, request: Any) -> bool:
    """Whether a handshake has to be answered with STATUS; that is counted and logged,
    since nobody handles it then."""
    if origins.is_allowed(
        request.META.get("HTTP_ORIGIN", ""),
        verified.gateway,
        own_host=verified.headers.domain_name,
    ):
        return False
    telemetry.refused(verified.gateway.alias, str(STATUS))
    if frame_log.is_enabled():
        frame, _ = verified.headers.frame(b"", dispatch.max_body_bytes())
        watching.write_refused(frame, STATUS)
    return True
