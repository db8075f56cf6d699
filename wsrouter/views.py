"""The one endpoint: proves, decodes, hands over, encodes."""

from collections.abc import Callable
from contextlib import nullcontext
from dataclasses import replace
from functools import partial

from django.conf import settings
from django.contrib.auth.decorators import login_not_required
from django.core.exceptions import RequestDataTooBig
from django.http import HttpRequest, HttpResponse, HttpResponseNotAllowed
from django.views.decorators.csrf import csrf_exempt

from wsrouter import assembly, conf, origins, sessions, transactions
from wsrouter.errors import ImpossibleHeaders, NotOurGateway
from wsrouter.routing.drive import drive
from wsrouter.routing.frame import EventType, Frame
from wsrouter.routing.outcome import Failure
from wsrouter.routing.ports import Address
from wsrouter.spec.gateway import Gateway
from wsrouter.wire import decode, depth, encode, limits
from wsrouter.wire.encode import Answer
from wsrouter.wire.envelope import malformed


class Sent(HttpResponse):
    """An answer with something to do when the client has it."""

    afterwards: Callable[[], object] | None = None

    def close(self) -> None:
        super().close()
        if self.afterwards:
            self.afterwards()
            transactions.close_old_connections()


@csrf_exempt
@login_not_required
@transactions.kept_by_the_view
def endpoint(request: HttpRequest) -> HttpResponse:
    """Answers every event that API Gateway posts."""
    try:
        alias = decode.proven_gateway(request.META, assembly.accepted_secrets)
    except NotOurGateway as error:
        return HttpResponse(status=error.status)
    if request.method != "POST":
        return HttpResponseNotAllowed(["POST"])
    gateway = conf.gateway(alias)
    try:
        frame = decode.frame(
            request.META,
            b"",
            gateway=alias,
            extra=gateway.headers,
            authorized=gateway.authorizer is not None,
        )
    except ImpossibleHeaders as error:
        return HttpResponse(status=error.status)
    if frame.event_type is EventType.MESSAGE:
        return _message(frame, request, gateway)
    if frame.event_type is EventType.CONNECT and not origins.is_allowed(
        request.META.get("HTTP_ORIGIN", ""), gateway
    ):
        return HttpResponse(status=403)
    return _http(_answer(frame, request, gateway))


def _message(frame: Frame, request: HttpRequest, gateway: Gateway) -> HttpResponse:
    body = _body(request)
    if body is None:
        problem = malformed(f"A frame has {_most()} bytes at most.")
        answer = encode.answer(Failure(problem))
    elif depth.is_too_deep(body):
        problem = malformed(f"A frame is {depth.LEVELS} levels deep at most.")
        answer = encode.answer(Failure(problem))
    else:
        answer = _answer(replace(frame, body=body), request, gateway)
    posted = gateway.reply_via == "connection"
    response = _posted(frame, answer) if posted else _http(answer)
    if answer.ended:
        response.afterwards = partial(sessions.end_found, _address(frame))
    return response


def _most() -> int:
    allowed = settings.DATA_UPLOAD_MAX_MEMORY_SIZE or limits.MESSAGE_BYTES
    return min(allowed, limits.MESSAGE_BYTES)


def _body(request: HttpRequest) -> bytes | None:
    """None when there is more than a frame can have; then it is not read."""
    length = request.META.get("CONTENT_LENGTH") or "0"
    if length.isdecimal() and int(length) > _most():
        return None
    try:
        body = request.body
    except RequestDataTooBig:
        return None
    return body if len(body) <= _most() else None


def _answer(frame: Frame, request: HttpRequest, gateway: Gateway) -> Answer:
    """A connection that ended is forgotten at once, whatever its handlers do, each in
    a transaction of its own."""
    ended = frame.event_type is EventType.DISCONNECT
    try:
        with nullcontext() if ended else transactions.atomic_requests():
            outcome = drive(assembly.lifecycle(gateway.alias).handle(frame, request))
            answer = encode.answer(outcome, crash_status=gateway.crash_status)
            if answer.failed:
                transactions.roll_back()
    except Exception as error:  # noqa: BLE001 (no such router, or the commit failed)
        outcome = assembly.crashed(error, frame, request)
        return encode.answer(outcome, crash_status=gateway.crash_status)
    return answer


def _http(answer: Answer) -> Sent:
    return Sent(
        answer.body,
        status=answer.status,
        headers=dict(answer.headers),
        content_type="application/json",
    )


def _posted(frame: Frame, answer: Answer) -> Sent:
    if answer.body:
        assembly.sender().reply(
            _address(frame), answer.body, on_commit=not answer.failed
        )
    return Sent(status=answer.status)


def _address(frame: Frame) -> Address:
    return Address(
        connection_id=frame.connection_id,
        gateway=frame.gateway,
        api_id=frame.api_id,
        stage=frame.stage,
    )
