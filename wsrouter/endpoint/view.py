"""The Django view behind the endpoint: it answers every event of API Gateway."""

from collections.abc import Callable
from functools import partial

from django.contrib.auth.decorators import login_not_required
from django.core.handlers.asgi import ASGIRequest
from django.http import HttpRequest, HttpResponse, HttpResponseNotAllowed
from django.views.decorators.csrf import csrf_exempt

from wsrouter.endpoint import atomic, dispatch, handshake_cleaning, handshake_origin
from wsrouter.endpoint.dispatch import CONNECT, MESSAGE
from wsrouter.endpoint.replies_first import Following
from wsrouter.errors import InvalidHeaders, UnverifiedRequest
from wsrouter.registry import database
from wsrouter.wire.mapping import HEADERS
from wsrouter.wiring import crash_mails

_JSON = "application/json"
_EVENT_TYPE = HEADERS["Event-Type"].environ_key


class EndpointResponse(HttpResponse):
    """The answer to an event. What its handlers sent follows when it has been sent.

    Under ASGI, `close` waits until that is done: a server that is told to stop waits
    for its requests, and for nothing else.
    """

    following: Following | None = None
    afterwards: Callable[[], object] | None = None
    is_asgi = False

    def close(self) -> None:
        following, self.following = self.following, None
        if following and (leaving := following.hand_over()) and self.is_asgi:
            leaving.result()
        super().close()
        if self.afterwards:
            self.afterwards()
            database.close_old_connections()


@csrf_exempt
@login_not_required
@atomic.non_atomic
def endpoint(request: HttpRequest) -> HttpResponse:
    """Answer an event that API Gateway posts; 403 without the secret of a gateway."""
    if request.META.get(_EVENT_TYPE) == "CONNECT":
        handshake_cleaning.clean_request(request)
    try:
        alias = dispatch.verify_gateway(request.META)
        if request.method != "POST":
            return _empty(HttpResponseNotAllowed(["POST"]))
        verified = dispatch.read_headers(request.META, alias)
    except (UnverifiedRequest, InvalidHeaders) as error:
        return _empty(HttpResponse(status=error.status))
    event_type = verified.event_type
    if event_type is CONNECT and handshake_origin.is_refused(verified, request):
        return _empty(HttpResponse(status=handshake_origin.STATUS))
    body = _body(request) if event_type is MESSAGE else b""
    following = Following(verified.gateway)
    answer = following.run_sync(dispatch.answer(verified, body, request))
    if answer.status >= 500:
        crash_mails.mark_failed(request)
    response = EndpointResponse(answer.body, _JSON, answer.status)
    response.following, response.is_asgi = following, isinstance(request, ASGIRequest)
    if answer.ended:
        response.afterwards = partial(dispatch.end_session, verified)
    # Some servers hold back an answer without a length until it is closed.
    response.headers["Content-Length"] = str(len(answer.body))
    for name, value in answer.headers.items():
        response.headers[name] = value
    return response


def _body(request: HttpRequest) -> bytes | None:
    """None for a body that is larger than a frame can be; it is not read."""
    length = request.META.get("CONTENT_LENGTH") or "0"
    limit = dispatch.max_body_bytes()
    if length.isdecimal() and int(length) > limit:
        return None
    if vars(request).get("_read_started"):
        body = request.body
    else:
        # `request.body` would check the same limit twice more.
        body = request._body = request.read()
    return body if len(body) <= limit else None


def _empty(response: HttpResponse) -> HttpResponse:
    response.headers["Content-Length"] = "0"
    return response
