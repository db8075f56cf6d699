"""The Django view behind the endpoint: it answers every event of API Gateway."""

from collections.abc import Callable
from functools import partial

from django.contrib.auth.decorators import login_not_required
from django.http import HttpRequest, HttpResponse, HttpResponseNotAllowed
from django.views.decorators.csrf import csrf_exempt

from wsrouter.auth import origins
from wsrouter.endpoint import atomic, dispatch, handshake_cleaning
from wsrouter.endpoint.dispatch import CONNECT, MESSAGE, VerifiedRequest
from wsrouter.errors import InvalidHeaders, UnverifiedRequest
from wsrouter.registry import database
from wsrouter.routing.flow import run_sync
from wsrouter.wire.encode import Answer
from wsrouter.wire.mapping import HEADERS

_JSON = "application/json"
_EVENT_TYPE = HEADERS["Event-Type"].environ_key


class ResponseThenCall(HttpResponse):
    """A response with something to do after it was sent."""

    afterwards: Callable[[], object] | None = None

    def close(self) -> None:
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
            return HttpResponseNotAllowed(["POST"])
        verified = dispatch.read_headers(request.META, alias)
    except (UnverifiedRequest, InvalidHeaders) as error:
        return HttpResponse(status=error.status)
    event_type = verified.event_type
    if event_type is CONNECT and not origins.is_allowed(
        request.META.get("HTTP_ORIGIN", ""),
        verified.gateway,
        own_host=verified.headers.domain_name,
    ):
        return HttpResponse(status=403)
    body = _body(request) if event_type is MESSAGE else b""
    answer = run_sync(dispatch.answer(verified, body, request))
    if answer.status == 200 and not answer.headers and not answer.ended:
        return HttpResponse(answer.body, _JSON)
    return _response(answer, verified)


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


def _response(answer: Answer, verified: VerifiedRequest) -> HttpResponse:
    response = ResponseThenCall(answer.body, _JSON, answer.status)
    if answer.ended:
        response.afterwards = partial(dispatch.end_session, verified)
    for name, value in answer.headers.items():
        response.headers[name] = value
    return response
