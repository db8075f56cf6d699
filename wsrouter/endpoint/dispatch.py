"""From a proven request to its answer: what the view and the front doors share."""

from collections.abc import Callable
from functools import cache, partial
from typing import Any, NamedTuple

from django.conf import settings

from wsrouter import conf
from wsrouter.endpoint import refusal_log
from wsrouter.errors import ImpossibleHeaders, NotOurGateway
from wsrouter.options.gateway import Gateway
from wsrouter.routing.flow import Call, Flow, drive
from wsrouter.routing.frame import EventType, Frame
from wsrouter.routing.outcome import Failure
from wsrouter.routing.ports import Address
from wsrouter.setting_caches import cleared_by
from wsrouter.wire import decode, depth, encode, limits
from wsrouter.wire.decode import Environ
from wsrouter.wire.encode import Answer
from wsrouter.wire.envelope import malformed
from wsrouter.wiring import atomic, ending, incoming, outgoing

_, _MESSAGE, _DISCONNECT = EventType


class Arrival(NamedTuple):
    """A request that proved its origin: its gateway, and its frame without a body."""

    gateway: Gateway
    frame: Frame


def proven(environ: Environ) -> str:
    """The alias of the gateway that sent a request; raises NotOurGateway."""
    try:
        return decode.proven_gateway(environ, incoming.accepted_secrets)
    except NotOurGateway:
        refusal_log.tell(environ)
        raise


def arrival(environ: Environ, alias: str) -> Arrival:
    """Raises ImpossibleHeaders for what no gateway sends."""
    gateway = conf.gateways()[alias]
    try:
        frame = decode.frame(
            environ,
            b"",
            gateway=alias,
            extra=gateway.headers,
            authorized=gateway.authorizer is not None,
        )
    except ImpossibleHeaders as error:
        refusal_log.tell_of(error)
        raise
    return Arrival(gateway, frame)


@cleared_by("DATA_UPLOAD_MAX_MEMORY_SIZE")
@cache
def most() -> int:
    """How many bytes a frame can have; what has more is not read."""
    allowed = settings.DATA_UPLOAD_MAX_MEMORY_SIZE or limits.MESSAGE_BYTES
    return allowed if allowed < limits.MESSAGE_BYTES else limits.MESSAGE_BYTES


def answer(arrived: Arrival, body: bytes | None, request: Any) -> Flow[Answer]:
    """What a frame is answered; `body` is None when there is more than can be."""
    gateway, frame = arrived
    if body is None or depth.is_too_deep(body):
        flow = _refused(body)
    else:
        decode.fill(frame, body)
        flow = _answered(gateway, frame, request)
        # A connection that ended is forgotten at once, whatever its handlers do, each
        # in a transaction of its own.
        if atomic.are_asked_for() and frame.event_type is not _DISCONNECT:
            flow = _atomic(flow, gateway, frame, request)
    if gateway.reply_via == "connection" and frame.event_type is _MESSAGE:
        return _posted(frame, flow)
    return flow


def afterwards(arrived: Arrival, given: Answer) -> Callable[[], object] | None:
    """What there is to do when the client has its answer."""
    if not given.ended:
        return None
    return partial(ending.end_refused, _address(arrived.frame))


def _refused(body: bytes | None) -> Flow[Answer]:
    yield from ()
    problem = f"A frame is {depth.LEVELS} levels deep at most."
    if body is None:
        problem = f"A frame has {most()} bytes at most."
    return encode.answer(Failure(malformed(problem)))


def _atomic(
    flow: Flow[Answer], gateway: Gateway, frame: Frame, request: Any
) -> Flow[Answer]:
    try:
        return (yield Call(_in_transactions, {"flow": flow}))  # type: ignore[no-any-return]
    except Exception as error:  # noqa: BLE001 (the commit failed)
        return (yield from _crashed(gateway, frame, request, error))


def _in_transactions(flow: Flow[Answer]) -> Answer:
    with atomic.atomic_requests():
        given = drive(flow)
        if given.failed:
            atomic.roll_back()
    return given


def _answered(gateway: Gateway, frame: Frame, request: Any) -> Flow[Answer]:
    try:
        lifecycle = incoming.lifecycle(gateway.alias)
        # Without a name: a traceback may lead to this frame, and a Failure has one.
        return encode.answer(
            (yield from lifecycle.handle(frame, request)),
            crash_status=gateway.crash_status,
        )
    except Exception as error:  # noqa: BLE001 (such as no such router)
        return (yield from _crashed(gateway, frame, request, error))


def _crashed(
    gateway: Gateway, frame: Frame, request: Any, error: Exception
) -> Flow[Answer]:
    about = {"error": error, "frame": frame, "request": request}
    outcome = yield Call(incoming.crashed, about)
    return encode.answer(outcome, crash_status=gateway.crash_status)


def _posted(frame: Frame, flow: Flow[Answer]) -> Flow[Answer]:
    given = yield from flow
    if given.body:
        about = {
            "address": _address(frame),
            "data": given.body,
            "on_commit": not given.failed,
        }
        yield Call(outgoing.sender().reply, about)
    return Answer(status=given.status, ended=given.ended)


def _address(frame: Frame) -> Address:
    return Address(
        connection_id=frame.connection_id,
        gateway=frame.gateway,
        api_id=frame.api_id,
        stage=frame.stage,
    )
