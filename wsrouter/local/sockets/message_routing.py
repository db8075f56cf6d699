"""One message: selects its route, calls the integration, says what the client gets."""

from dataclasses import dataclass, replace

from wsrouter.local.rules import error_frames
from wsrouter.local.rules.behaviour import Limits
from wsrouter.local.rules.gateway_event import Close, ConnectionInfo, GatewayEvent
from wsrouter.local.rules.identifiers import new_id
from wsrouter.local.sockets.asgi import Response
from wsrouter.local.sockets.backend import IntegrationFailure
from wsrouter.local.sockets.local_api import LocalApi
from wsrouter.wire.error_code import error_code

STAGE_DELETED = "the stage is deleted"
_TOO_MANY_REQUESTS = Close(code=1008, reason="Too many requests")


@dataclass(frozen=True, kw_only=True, slots=True)
class MessageResult:
    """What a message leads to: the frame for the client (None: no frame), the close of
    its socket, if any, and the outcome for the journal."""

    route_key: str
    outcome: str
    frame: str | None = None
    failed: bool = False
    close: Close | None = None


async def route_message(
    api: LocalApi, limits: Limits, connection: ConnectionInfo, text: str
) -> MessageResult:
    """Route one text frame of `connection` to the integration."""
    try:
        key = api.select_route(text)
    except ValueError as problem:  # of a published API that wsrouter did not make
        event = _event(connection, text, route_key="")
        return _error(event, error_frames.INTERNAL_SERVER_ERROR, str(problem))
    event = _event(connection, text, route_key=key or "")
    if key is None:
        cause = "no route matches" if api.has_routes else STAGE_DELETED
        return _error(event, error_frames.FORBIDDEN, cause)
    if not api.allows(key):
        return _throttled(api, event)
    if error := api.validation_error(key, text):
        return _bad_request(api, event, error)
    # Looked up before the call: the snapshot may be another one after it.
    two_way = api.can_call(key) and api.is_two_way(key)
    response = await api.call(event)
    if isinstance(response, IntegrationFailure):
        return _failed(api, event, response)
    return _responded(api, limits, event, response, two_way=two_way)


def _event(connection: ConnectionInfo, text: str, *, route_key: str) -> GatewayEvent:
    return GatewayEvent(
        type="MESSAGE",
        route_key=route_key,
        connection=connection,
        body=text.encode(),
        message_id=new_id(),
    )


def _responded(
    api: LocalApi,
    limits: Limits,
    event: GatewayEvent,
    response: Response,
    *,
    two_way: bool,
) -> MessageResult:
    rule = "body" if response.is_success else api.behaviour.non_2xx
    if rule == "error":  # goes out on one-way routes too, as for a failed integration
        cause = f"status {response.status}"
        return _error(event, error_frames.INTERNAL_SERVER_ERROR, cause)
    if not two_way:
        return _no_frame(event, response, "one-way")
    if rule == "nothing":
        return _no_frame(event, response, "no reply")
    return _reply(api, limits, event, response)


def _reply(
    api: LocalApi, limits: Limits, event: GatewayEvent, response: Response
) -> MessageResult:
    size = len(response.body)
    if size > limits.message_bytes:
        return _too_large(api, event, size)
    if not size and api.behaviour.empty_reply == "nothing":
        return _no_frame(event, response, "no reply")
    frame = response.body.decode("utf-8", "replace")
    code = error_code(frame)
    kind = "reply" if code is None else f"error {code}"
    return MessageResult(
        route_key=event.route_key,
        outcome=f"{response.status} {kind}, {size} bytes",
        frame=frame,
        failed=code is not None or not response.is_success,
    )


def _no_frame(event: GatewayEvent, response: Response, reason: str) -> MessageResult:
    return MessageResult(
        route_key=event.route_key,
        outcome=f"{response.status}, {reason}",
        failed=not response.is_success,
    )


def _too_large(api: LocalApi, event: GatewayEvent, size: int) -> MessageResult:
    cause = f"a reply of {size} bytes is too large"
    if api.behaviour.large_reply == "error":
        return _error(event, error_frames.INTERNAL_SERVER_ERROR, cause)
    return MessageResult(
        route_key=event.route_key, outcome=f"no reply: {cause}", failed=True
    )


def _failed(
    api: LocalApi, event: GatewayEvent, failure: IntegrationFailure
) -> MessageResult:
    message = error_frames.INTERNAL_SERVER_ERROR
    if failure.timed_out and api.behaviour.timeout_frame == "timed-out":
        message = error_frames.TIMED_OUT
    return _error(event, message, failure.cause)


def _throttled(api: LocalApi, event: GatewayEvent) -> MessageResult:
    result = _error(event, error_frames.TOO_MANY_REQUESTS, "throttled by the stage")
    rule = api.behaviour.throttled
    return replace(
        result,
        frame=None if rule == "close" else result.frame,
        close=None if rule == "frame" else _TOO_MANY_REQUESTS,
    )


def _bad_request(api: LocalApi, event: GatewayEvent, error: str) -> MessageResult:
    frame = error_frames.bad_request_body(event, api.behaviour.validation_key)
    return MessageResult(
        route_key=event.route_key,
        outcome=f"Bad request body: {error}",
        frame=frame,
        failed=True,
    )


def _error(event: GatewayEvent, message: str, cause: str) -> MessageResult:
    return MessageResult(
        route_key=event.route_key or "-",
        outcome=f"{message}: {cause}",
        frame=error_frames.error(message, event),
        failed=True,
    )
