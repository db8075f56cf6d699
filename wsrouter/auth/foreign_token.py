"""The one-time token of django-aws-api-gateway-websockets, which pages of a project
that has moved may still send."""

import re

from django.http import HttpRequest

from wsrouter.auth import security_log

PARAMETER = "ws_token"
HINT = (
    "Gateway %r: a handshake came with ?ws_token=, a token of"
    " django-aws-api-gateway-websockets. It is ignored: let the page post to the URL"
    " wsrouter:ticket and connect with ?ticket=, or leave the token out where the"
    " session cookie arrives."
)
_FORM = re.compile(r"[0-9a-f]{64}")
"""By its form it is told from a project's own parameter of that name."""


def hint_at(request: HttpRequest, alias: str) -> None:
    """Say in the log what to do about such a token, if the handshake has one."""
    if any(map(_FORM.fullmatch, request.GET.getlist(PARAMETER))):
        security_log.warn(HINT, alias)
