"""`$connect`: whether a handshake is answered with 101 or with the hook's status."""

from collections.abc import Sequence
from dataclasses import dataclass

from wsrouter.catalog.snapshot import CONNECT
from wsrouter.local.rules import error_frames
from wsrouter.local.rules.gateway_event import Caller, Event
from wsrouter.local.sockets import authorizer
from wsrouter.local.sockets.asgi import Answer, json_answer
from wsrouter.local.sockets.backend import Failure
from wsrouter.local.sockets.local_api import Api


@dataclass(frozen=True, kw_only=True, slots=True)
class Accepted:
    """The handshake is answered with 101."""

    outcome: str
    caller: Caller
    subprotocol: str | None = None


@dataclass(frozen=True, kw_only=True, slots=True)
class Refused:
    """The handshake is answered with another status."""

    outcome: str
    answer: Answer


async def connect(api: Api, event: Event, offered: Sequence[str]) -> Accepted | Refused:
    """Call `$connect`, if the API has it, and judge its answer."""
    if not api.takes(CONNECT):
        return _throttled()
    if not api.has(CONNECT):
        return Accepted(outcome="open, no $connect route", caller=event.caller)
    named = authorizer.authorized(api, event)
    if named is None:
        return _unauthorized()
    answer = await api.call(named)
    if isinstance(answer, Failure):
        return _failed(api, named, answer)
    if not answer.succeeded:
        return _refused(api, answer)
    chosen = answer.header("sec-websocket-protocol")
    passed = chosen in offered and api.behaviour.subprotocol == "passed"
    subprotocol = chosen if passed else None
    return Accepted(
        outcome=f"{answer.status} open", subprotocol=subprotocol, caller=named.caller
    )


def _refused(api: Api, answer: Answer) -> Refused:
    status = _status(api, answer)
    kept = [
        (name, value)
        for name, value in answer.headers
        if name.lower() == "content-type"
    ]
    body = answer.body if api.behaviour.refusal_body == "passed" else b""
    return Refused(
        outcome=f"refused {status}",
        answer=Answer(status=status, headers=tuple(kept), body=body),
    )


def _status(api: Api, answer: Answer) -> int:
    if answer.status >= 600:
        return int(api.behaviour.unreachable_status)
    rule = api.behaviour.refusal_status
    return answer.status if rule == "same" else int(rule)


def _throttled() -> Refused:
    answer = json_answer(429, {"message": error_frames.TOO_MANY_REQUESTS})
    return Refused(outcome="refused 429: throttled by the stage", answer=answer)


def _unauthorized() -> Refused:
    answer = json_answer(401, {"message": error_frames.UNAUTHORIZED})
    return Refused(outcome="refused 401: no identity source", answer=answer)


def _failed(api: Api, event: Event, failure: Failure) -> Refused:
    behaviour = api.behaviour
    status = int(
        behaviour.timeout_status if failure.timed_out else behaviour.unreachable_status
    )
    body = error_frames.error(error_frames.INTERNAL_SERVER_ERROR, event).encode()
    headers = (("content-type", "application/json"),)
    return Refused(
        outcome=f"refused {status}: {failure.cause}",
        answer=Answer(status=status, headers=headers, body=body),
    )
