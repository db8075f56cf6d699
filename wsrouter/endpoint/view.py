"""The one endpoint: proves, decodes, hands over, answers."""

from collections.abc import Callable

from django.contrib.auth.decorators import login_not_required
from django.http import HttpRequest, HttpResponse, HttpResponseNotAllowed
from django.views.decorators.csrf import csrf_exempt

from wsrouter.auth import origins
from wsrouter.endpoint import dispatch
from wsrouter.errors import ImpossibleHeaders, NotOurGateway
from wsrouter.registry import database
from wsrouter.routing.flow import drive
from wsrouter.routing.frame import EventType
from wsrouter.wire.encode import Answer
from wsrouter.wiring import atomic

Step = Callable[[], object]
_JSON = "application/json"
_CONNECT, _MESSAGE, _ = EventType


class Sent(HttpResponse):
    """An answer with something to do when the client has it."""

    afterwards: Step | None = None

    def close(self) -> None:
        super().close()
        if self.afterwards:
            self.afterwards()
            database.close_old_connections()


@csrf_exempt
@login_not_required
@atomic.non_atomic
def endpoint(request: HttpRequest) -> HttpResponse:
    """Answers every event that API Gateway posts."""
    try:
        alias = dispatch.proven(request.META)
    except NotOurGateway as error:
        return HttpResponse(status=error.status)
    if request.method != "POST":
        return HttpResponseNotAllowed(["POST"])
    try:
        arrived = dispatch.arrival(request.META, alias)
    except ImpossibleHeaders as error:
        return HttpResponse(status=error.status)
    event = arrived.frame.event_type
    if event is _CONNECT and not origins.is_allowed(
        request.META.get("HTTP_ORIGIN", ""), arrived.gateway
    ):
        return HttpResponse(status=403)
    body = _body(request) if event is _MESSAGE else b""
    answer = drive(dispatch.answer(arrived, body, request))
    if answer.status != 200 or answer.headers or answer.ended:
        return _response(answer, dispatch.afterwards(arrived, answer))
    return HttpResponse(answer.body, _JSON)


def _body(request: HttpRequest) -> bytes | None:
    """None when there is more than a frame can have; then it is not read."""
    length, most = request.META.get("CONTENT_LENGTH") or "0", dispatch.most()
    if length.isdecimal() and int(length) > most:
        return None
    if vars(request).get("_read_started"):
        body = request.body
    else:
        # What `request.body` does, without looking the limit up twice more.
        body = request._body = request.read()
    return body if len(body) <= most else None


def _response(answer: Answer, afterwards: Step | None) -> HttpResponse:
    kind = Sent if afterwards else HttpResponse
    response = kind(answer.body, _JSON, answer.status)
    for name, value in answer.headers.items():
        response.headers[name] = value
    if isinstance(response, Sent):
        response.afterwards = afterwards
    return response
