"""@connections: what a backend says to a socket (POST), asks of it (GET), or ends
(DELETE)."""

import re
import uuid
from datetime import UTC, datetime
from typing import Any

from wsrouter.local.rules import random_faults
from wsrouter.local.rules.gateway_event import Close
from wsrouter.local.rules.identifiers import is_connection_id, new_id, new_trace_id
from wsrouter.local.sockets.asgi import Answer, Receive, Scope, json_answer
from wsrouter.local.sockets.local_api import Api
from wsrouter.local.sockets.open_sockets import Session, Sessions

_SIGNED = re.compile(
    r"AWS4-HMAC-SHA256 Credential=[^,\s]+/\d{8}/([^/,\s]+)/execute-api/aws4_request,"
    r"\s*SignedHeaders=[^,\s]+,\s*Signature=[0-9a-f]+"
)
_METHODS = frozenset({"POST", "GET", "DELETE"})
_ENDED = Close(code=1000, reason="Connection Closed Normally")


def answer(
    scope: Scope,
    body: bytes | None,
    *,
    connection_id: str,
    sessions: Sessions,
    api: Api,
) -> Answer:
    """Answer one @connections request, signature looked at but not verified; a `body`
    that is None was too large."""
    region = _region(scope)
    if not region or scope["method"] not in _METHODS:
        return refusal(
            403, "MissingAuthenticationToken", "Missing Authentication Token"
        )
    if api.region and region != api.region:
        wrong = f"Credential should be scoped to a valid region, not '{region}'."
        return refusal(403, "InvalidSignature", wrong)
    if random_faults.strikes(api.behaviour.busy_posts):
        return refusal(429, "LimitExceeded", "Rate exceeded")
    if not is_connection_id(connection_id):
        return refusal(400, "BadRequest", f"Invalid connectionId: {connection_id}")
    if body is None:
        return refusal(413, "PayloadTooLarge", "Payload too large")
    session = sessions.get(connection_id)
    if session is None:
        return refusal(410, "Gone", None)
    if scope["method"] == "POST":
        return _post(session, body)
    return _get(session) if scope["method"] == "GET" else _delete(session)


def refusal(status: int, error: str, message: str | None) -> Answer:
    """An error as the AWS SDKs read it; without a message the body is empty."""
    kind = ("x-amzn-errortype", f"{error}Exception")
    if message is not None:
        return json_answer(status, {"message": message}, (kind, *_traces()))
    content_type = ("content-type", "application/json")
    return Answer(status=status, headers=(content_type, kind, *_traces()))


def _post(session: Session, body: bytes) -> Answer:
    if not session.offer(body.decode("utf-8", "replace")):
        return refusal(429, "LimitExceeded", "The client does not read fast enough")
    return Answer(headers=(("content-type", "application/json"), *_traces()))


def _get(session: Session) -> Answer:
    caller = session.caller
    identity = {"sourceIp": caller.source_ip, "userAgent": caller.user_agent}
    info: dict[str, Any] = {
        "identity": {name: value for name, value in identity.items() if value},
        "connectedAt": _instant(caller.connected_at),
        "lastActiveAt": _instant(session.last_active_at),
    }
    return json_answer(200, info, _traces())


def _delete(session: Session) -> Answer:
    session.close(_ENDED)
    return Answer(status=204, headers=_traces())


async def read_body(receive: Receive, limit: int) -> bytes | None:
    """The request's body, None when it is larger than `limit`."""
    kept, size, more = [], 0, True
    while more:
        message = await receive()
        if message["type"] == "http.disconnect":
            return None
        chunk = message.get("body", b"")
        more = message.get("more_body", False)
        size += len(chunk)
        if size <= limit:
            kept.append(chunk)
    return b"".join(kept) if size <= limit else None


def _region(scope: Scope) -> str:
    """That of the signature, empty without one."""
    given = dict(scope["headers"]).get(b"authorization", b"").decode("latin-1")
    signed = _SIGNED.fullmatch(given)
    return signed[1] if signed else ""


def _traces() -> tuple[tuple[str, str], ...]:
    return (
        ("x-amzn-requestid", str(uuid.uuid4())),
        ("x-amz-apigw-id", new_id()),
        ("x-amzn-trace-id", new_trace_id()),
    )


def _instant(millis: int) -> str:
    at = datetime.fromtimestamp(millis / 1000, UTC)
    return at.isoformat(timespec="milliseconds").replace("+00:00", "Z")
