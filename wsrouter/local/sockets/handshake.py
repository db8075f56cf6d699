"""`$connect`: whether a handshake is accepted with 101 or refused with another status.

API Gateway keeps the handshake waiting until the integration of `$connect` has
answered.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from wsrouter.catalog.snapshot import CONNECT
from wsrouter.local.rules import error_frames
from wsrouter.local.rules.gateway_event import ConnectionInfo, GatewayEvent
from wsrouter.local.sockets import authorizer
from wsrouter.local.sockets.asgi import Response, json_response
from wsrouter.local.sockets.backend import IntegrationFailure
from wsrouter.local.sockets.local_api import LocalApi


@dataclass(frozen=True, kw_only=True, slots=True)
class Accepted:
    """The handshake is answered with 101; `connection` has the principal."""

    outcome: str
    connection: ConnectionInfo
    subprotocol: str | None = None


@dataclass(frozen=True, kw_only=True, slots=True)
class HandshakeRefusal:
    """The handshake is answered with `response`."""

    outcome: str
    response: Response


async def decide(
    api: LocalApi, event: GatewayEvent, offered_subprotocols: Sequence[str]
) -> Accepted | HandshakeRefusal:
    """Call `$connect`, if the API has that route, and decide by its response."""
    if not api.allows(CONNECT):
        return _throttled()
    if not api.has_route(CONNECT):
        return Accepted(outcome="open, no $connect route", connection=event.connection)
    authorized = authorizer.authorize(api, event)
    if authorized is None:
        return _unauthorized()
    response = await api.call(authorized)
    if isinstance(response, IntegrationFailure):
        return _failed(api, authorized, response)
    if not response.is_success:
        return _refused(api, response)
    return Accepted(
        outcome=f"{response.status} open",
        subprotocol=_subprotocol(api, response, offered_subprotocols),
        connection=authorized.connection,
    )


def _subprotocol(
    api: LocalApi, response: Response, offered: Sequence[str]
) -> str | None:
    chosen = response.header("sec-websocket-protocol")
    is_passed = chosen in offered and api.behaviour.subprotocol == "passed"
    return chosen if is_passed else None


def _refused(api: LocalApi, response: Response) -> HandshakeRefusal:
    status = _status(api, response)
    content_type = [
        (name, value)
        for name, value in response.headers
        if name.lower() == "content-type"
    ]
    body = response.body if api.behaviour.refusal_body == "passed" else b""
    return HandshakeRefusal(
        outcome=f"refused {status}",
        response=Response(status=status, headers=tuple(content_type), body=body),
    )


def _status(api: LocalApi, response: Response) -> int:
    if response.status >= 600:
        return int(api.behaviour.unreachable_status)
    rule = api.behaviour.refusal_status
    return response.status if rule == "same" else int(rule)


def _throttled() -> HandshakeRefusal:
    response = json_response(429, {"message": error_frames.TOO_MANY_REQUESTS})
    return HandshakeRefusal(
        outcome="refused 429: throttled by the stage", response=response
    )


def _unauthorized() -> HandshakeRefusal:
    response = json_response(401, {"message": error_frames.UNAUTHORIZED})
    return HandshakeRefusal(
        outcome="refused 401: no identity source", response=response
    )


def _failed(
    api: LocalApi, event: GatewayEvent, failure: IntegrationFailure
) -> HandshakeRefusal:
    behaviour = api.behaviour
    status = int(
        behaviour.timeout_status if failure.timed_out else behaviour.unreachable_status
    )
    body = error_frames.error(error_frames.INTERNAL_SERVER_ERROR, event).encode()
    headers = (("content-type", "application/json"),)
    return HandshakeRefusal(
        outcome=f"refused {status}: {failure.cause}",
        response=Response(status=status, headers=headers, body=body),
    )
