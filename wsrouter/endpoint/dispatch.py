"""From an HTTP request to its answer: what the view and the fast path share."""

import logging
from collections.abc import Callable
from functools import cache, partial
from typing import Any, NamedTuple

from django.conf import settings
from django.utils.functional import SimpleLazyObject

from wsrouter import conf, signals
from wsrouter.endpoint import atomic, refusal_log
from wsrouter.endpoint.replies_first import Following
from wsrouter.errors import InvalidHeaders, UnverifiedRequest
from wsrouter.options.gateway import Gateway
from wsrouter.registry import language
from wsrouter.routing import telemetry
from wsrouter.routing.envelope_class import malformed
from wsrouter.routing.flow import Flow, call
from wsrouter.routing.frame import EventType, Frame
from wsrouter.routing.lifecycle import SESSION_ENDED
from wsrouter.routing.outcome import Failure, Outcome, Reply
from wsrouter.routing.ports import Address
from wsrouter.setting_caches import cleared_by
from wsrouter.wire import decode, encode, limits
from wsrouter.wire.decode import Environ, FrameHeaders
from wsrouter.wire.encode import Answer
from wsrouter.wiring import (
    chosen_envelope,
    confirming,
    ending,
    frame_log,
    incoming,
    outgoing,
    presence_lists,
    resuming,
    tracing,
    watching,
)
from wsrouter.wiring.request_user import with_lazy_user

CONNECT, MESSAGE, DISCONNECT = EventType


class VerifiedRequest(NamedTuple):
    """A request that carries the secret of a gateway, with sound headers."""

    gateway: Gateway
    headers: FrameHeaders

    @property
    def event_type(self) -> EventType:
        return self.headers.event_type


def verify_gateway(environ: Environ) -> str:
    """The alias of the gateway that sent a request; raises UnverifiedRequest."""
    try:
        return decode.verified_alias(environ, incoming.accepted_secrets)
    except UnverifiedRequest:
        refusal_log.log_unverified(environ)
        raise


def read_headers(environ: Environ, alias: str) -> VerifiedRequest:
    """Raises InvalidHeaders for headers that no gateway sends."""
    gateway = conf.gateways()[alias]
    try:
        headers = decode.headers(
            environ,
            gateway=alias,
            extra=gateway.headers,
            authorized=gateway.authorizer is not None,
        )
    except InvalidHeaders as error:
        refusal_log.log_invalid_headers(error)
        raise
    return VerifiedRequest(gateway, headers)


@cleared_by("DATA_UPLOAD_MAX_MEMORY_SIZE")
@cache
def max_body_bytes() -> int:
    """The size above which a body is answered with an error and is not read."""
    allowed = settings.DATA_UPLOAD_MAX_MEMORY_SIZE or limits.MESSAGE_BYTES
    return allowed if allowed < limits.MESSAGE_BYTES else limits.MESSAGE_BYTES


def answer(verified: VerifiedRequest, body: bytes | None, request: Any) -> Flow[Answer]:
    """Make the frame and answer it; `body` is None when it is too large to be read.

    If the answer is `ended`, the caller sends it and then calls `end_session`.
    """
    frame, problem = verified.headers.frame(body, max_body_bytes())
    return _flow(verified.gateway, frame, problem, request)


async def answer_async(
    verified: VerifiedRequest,
    body: bytes | None,
    request: Any,
    following: Following,
    end: Callable[[], object] | None = None,
) -> Answer:
    """The same on an event loop: in one visit to the thread of the request when all
    of the application's functions for this frame are sync. That visit calls `end`."""
    frame, problem = verified.headers.frame(body, max_body_bytes())
    flow = _flow(verified.gateway, frame, problem, request)
    in_thread = not problem and _is_sync(frame)
    if in_thread and end:
        flow = _ending(flow, following, end)
    return await following.run_async(flow, in_thread=in_thread)


def _ending(
    flow: Flow[Answer], following: Following, end: Callable[[], object]
) -> Flow[Answer]:
    """Call `end` with the flow, unless something follows the answer: that needs the
    request's database connections."""
    try:
        return (yield from flow)
    finally:
        if following.is_nothing():
            end()


def _is_sync(frame: Frame) -> bool:
    try:
        return incoming.lifecycle(frame.gateway).is_sync(frame)
    except Exception:  # noqa: BLE001  # reported by the flow
        return True


def _flow(gateway: Gateway, frame: Frame, problem: str, request: Any) -> Flow[Answer]:
    if problem:
        flow = _malformed(problem, gateway, frame, request)
    else:
        flow = _handled(gateway, frame, request)
    if _is_watched():
        flow = watching.watched(frame, flow)
    if gateway.reply_via == "connection" and frame.event_type is MESSAGE:
        flow = _post_to_connection(frame, flow)
    if found := telemetry.current():
        flow = tracing.traced(found, frame, flow)
    return flow


def _is_watched() -> bool:
    """Whether anybody wants to know of frames."""
    return bool(
        frame_log.logger.isEnabledFor(logging.INFO)
        or signals.message_handled.receivers
        or signals.connected.receivers
    )


def end_session(verified: VerifiedRequest) -> None:
    """Close a connection whose message was answered that its session has ended."""
    frame, _ = verified.headers.frame(b"", max_body_bytes())
    ending.end_refused(_address(frame))


def _malformed(
    problem: str, gateway: Gateway, frame: Frame, request: Any
) -> Flow[Answer]:
    try:
        failure = Failure(malformed(problem))
        return encode.answer(failure, writer=_writer(gateway))
    except Exception as error:  # noqa: BLE001  # answered, reported
        return (yield from _crashed(gateway, frame, request, error))


def _handled(gateway: Gateway, frame: Frame, request: Any) -> Flow[Answer]:
    """In a transaction where ATOMIC_REQUESTS is set. A `$disconnect` has none around
    all of it: the connection is removed whatever its handlers do, and each of them has
    a transaction of its own."""
    answered: list[Frame] = []
    if frame.event_type is MESSAGE:
        find_user = partial(_user_of, frame, answered)
        request = SimpleLazyObject(partial(with_lazy_user, request, find_user))
    flow = _answered(gateway, frame, request, answered)
    if atomic.is_configured() and frame.event_type is not DISCONNECT:
        flow = _atomic(flow, gateway, frame, request)
    if frame.event_type is CONNECT:
        return _confirmed(flow, gateway, frame, request)
    return _with_streams(flow, gateway, frame, request)


def _with_streams(
    flow: Flow[Answer], gateway: Gateway, frame: Frame, request: Any
) -> Flow[Answer]:
    """Add what the reply tells of presence and of streams, after all transactions of
    the message: a join that was rolled back is not told of."""
    answered = yield from flow
    if isinstance(answered.outcome, Reply) and answered.presence:
        answered = yield from call(
            presence_lists.with_presence, answered, answered.outcome, frame
        )
    if (resume := answered.resume) is None:
        return answered
    try:
        return (yield from call(resuming.with_streams, answered, resume, frame))
    except Exception as error:  # noqa: BLE001  # answered, reported
        return (yield from _crashed(gateway, frame, request, error))


def _confirmed(
    flow: Flow[Answer], gateway: Gateway, frame: Frame, request: Any
) -> Flow[Answer]:
    """Accept a handshake only if its session is alive when the row has been committed:
    from then on an end finds the row."""
    accepted = yield from flow
    if accepted.failed:
        return accepted
    try:
        if (yield from call(confirming.confirm, frame, request)):
            return accepted
    except Exception as error:  # noqa: BLE001  # such as a database that is down
        return (yield from _crashed(gateway, frame, request, error))
    return encode.answer(SESSION_ENDED)


def _atomic(
    flow: Flow[Answer], gateway: Gateway, frame: Frame, request: Any
) -> Flow[Answer]:
    try:
        return (yield from call(atomic.run_in_transactions, flow))
    except Exception as error:  # noqa: BLE001  # the commit failed
        return (yield from _crashed(gateway, frame, request, error))


def _answered(
    gateway: Gateway, frame: Frame, request: Any, answered: list[Frame]
) -> Flow[Answer]:
    try:
        lifecycle = incoming.lifecycle(gateway.alias)
        outcome = yield from lifecycle.handle(frame, request)
        return _encoded(gateway, outcome)
    except Exception as error:  # noqa: BLE001  # such as a ROUTER that is missing
        return (yield from _crashed(gateway, frame, request, error))
    finally:
        answered.append(frame)
        if language.replaced.get():
            language.restore()


def _user_of(frame: Frame, answered: list[Frame]) -> Any:
    """Raises MessageError, as a handler with a Connection parameter is answered. A mail
    of a later log line must not open a database connection in the thread of the log."""
    if answered:
        raise RuntimeError("The message has been answered; its user was not needed.")
    return incoming.lifecycle(frame.gateway).messages.lookup(frame).user


def _crashed(
    gateway: Gateway, frame: Frame, request: Any, error: Exception
) -> Flow[Answer]:
    outcome = yield from call(incoming.crashed, error, frame, request)
    return _encoded(gateway, outcome)


def _encoded(gateway: Gateway, outcome: Outcome) -> Answer:
    return encode.answer(
        outcome,
        writer=_writer(gateway),
        crash_status=gateway.crash_status,
    )


def _writer(gateway: Gateway) -> encode.FrameWriter:
    """Of every reply: the library's own frames need no look-up."""
    if isinstance(gateway.envelope, str):
        return encode.OWN_FRAMES
    return chosen_envelope.writer(gateway)


def _post_to_connection(frame: Frame, flow: Flow[Answer]) -> Flow[Answer]:
    """For REPLY_VIA "connection": the reply is posted, and the HTTP answer is empty."""
    given = yield from flow
    if given.body:
        reply = outgoing.sender().reply
        yield from call(reply, _address(frame), given.body)
    return Answer(status=given.status, ended=given.ended, outcome=given.outcome)


def _address(frame: Frame) -> Address:
    return Address(
        connection_id=frame.connection_id,
        gateway=frame.gateway,
        api_id=frame.api_id,
        stage=frame.stage,
    )
