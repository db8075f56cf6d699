"""One message: select its route, call the integration, send what comes of it."""

from dataclasses import dataclass, replace

from wsrouter.local.rules import error_frames
from wsrouter.local.rules.behaviour import Limits
from wsrouter.local.rules.gateway_event import Caller, Close, Event
from wsrouter.local.rules.identifiers import new_id
from wsrouter.local.sockets.asgi import Answer
from wsrouter.local.sockets.backend import Failure
from wsrouter.local.sockets.local_api import Api

DELETED = "the stage is deleted"
_TOO_MANY = Close(code=1008, reason="Too many requests")


@dataclass(frozen=True, kw_only=True, slots=True)
class Verdict:
    """What goes back to the client (None: nothing), and the word for the journal."""

    route_key: str
    outcome: str
    frame: str | None = None
    failed: bool = False
    close: Close | None = None


async def judge(api: Api, limits: Limits, caller: Caller, text: str) -> Verdict:
    """Serve one text frame of `caller`."""
    key = api.select(text)
    event = Event(
        type="MESSAGE",
        route_key=key or "",
        caller=caller,
        body=text.encode(),
        message_id=new_id(),
    )
    if key is None:
        cause = "no route matches" if api.has_routes else DELETED
        return _error(event, error_frames.FORBIDDEN, cause)
    if not api.takes(key):
        return _throttled(api, event)
    if problem := api.problem(key, text):
        return _bad_request(api, event, problem)
    two_way = key in api.snapshot.routes and api.is_two_way(key)
    answer = await api.call(event)
    if isinstance(answer, Failure):
        return _failed(api, event, answer)
    rule = "body" if answer.succeeded else api.behaviour.non_2xx
    if rule == "error":  # as for a failed integration, the way back does not matter
        return _error(
            event, error_frames.INTERNAL_SERVER_ERROR, f"status {answer.status}"
        )
    if not two_way:
        return _silence(event, answer, "one-way")
    if rule == "nothing":
        return _silence(event, answer, "no reply")
    return _reply(api, limits, event, answer)


def _reply(api: Api, limits: Limits, event: Event, answer: Answer) -> Verdict:
    size = len(answer.body)
    if size > limits.message_bytes:
        return _too_large(api, event, size)
    if not size and api.behaviour.empty_reply == "nothing":
        return _silence(event, answer, "no reply")
    return Verdict(
        route_key=event.route_key,
        outcome=f"{answer.status} reply, {size} bytes",
        frame=answer.body.decode("utf-8", "replace"),
        failed=not answer.succeeded,
    )


def _silence(event: Event, answer: Answer, why: str) -> Verdict:
    return Verdict(
        route_key=event.route_key,
        outcome=f"{answer.status}, {why}",
        failed=not answer.succeeded,
    )


def _too_large(api: Api, event: Event, size: int) -> Verdict:
    cause = f"a reply of {size} bytes is too large"
    if api.behaviour.large_reply == "error":
        return _error(event, error_frames.INTERNAL_SERVER_ERROR, cause)
    return Verdict(route_key=event.route_key, outcome=f"no reply: {cause}", failed=True)


def _failed(api: Api, event: Event, failure: Failure) -> Verdict:
    named = failure.timed_out and api.behaviour.timeout_frame == "timed-out"
    text = error_frames.TIMED_OUT if named else error_frames.INTERNAL_SERVER_ERROR
    return _error(event, text, failure.cause)


def _throttled(api: Api, event: Event) -> Verdict:
    verdict = _error(event, error_frames.TOO_MANY_REQUESTS, "throttled by the stage")
    rule = api.behaviour.throttled
    return replace(
        verdict,
        frame=None if rule == "close" else verdict.frame,
        close=None if rule == "frame" else _TOO_MANY,
    )


def _bad_request(api: Api, event: Event, problem: str) -> Verdict:
    frame = error_frames.bad_request_body(event, api.behaviour.validation_key)
    return Verdict(
        route_key=event.route_key,
        outcome=f"Bad request body: {problem}",
        frame=frame,
        failed=True,
    )


def _error(event: Event, message: str, cause: str) -> Verdict:
    return Verdict(
        route_key=event.route_key or "-",
        outcome=f"{message}: {cause}",
        frame=error_frames.error(message, event),
        failed=True,
    )
