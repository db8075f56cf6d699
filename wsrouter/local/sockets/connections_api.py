"""The @connections API: a backend sends to a socket (POST), reads about it (GET), or
closes it (DELETE)."""

import re
import uuid
from datetime import UTC, datetime
from typing import Any

from wsrouter.local.rules import random_faults
from wsrouter.local.rules.gateway_event import Close
from wsrouter.local.rules.identifiers import is_connection_id, new_id, new_trace_id
from wsrouter.local.rules.post_faults import NO_FAULT, PostFault
from wsrouter.local.sockets.asgi import Receive, Response, Scope, json_response
from wsrouter.local.sockets.local_api import LocalApi
from wsrouter.local.sockets.open_sockets import OpenSocket, OpenSockets

_SIGNATURE = re.compile(
    r"AWS4-HMAC-SHA256 Credential=[^,\s]+/\d{8}/([^/,\s]+)/execute-api/aws4_request,"
    r"\s*SignedHeaders=[^,\s]+,\s*Signature=[0-9a-f]+"
)
_METHODS = frozenset({"POST", "GET", "DELETE"})
CLOSED_NORMALLY = Close(code=1000, reason="Connection Closed Normally")
"""What DeleteConnection closes with, as observed on AWS."""


def handle(
    scope: Scope,
    body: bytes | None,
    *,
    connection_id: str,
    open_sockets: OpenSockets,
    api: LocalApi,
    fault: PostFault = NO_FAULT,
) -> Response:
    """Answer one @connections request. It must have a signature, which is not verified;
    a `body` of None stands for one that was too large. `fault` is that of a post that
    is answered with 200."""
    region = _signed_region(scope)
    if not region or scope["method"] not in _METHODS:
        return error_response(
            403, "MissingAuthenticationToken", "Missing Authentication Token"
        )
    if api.region and region != api.region:
        message = f"Credential should be scoped to a valid region, not '{region}'."
        return error_response(403, "InvalidSignature", message)
    if random_faults.occurs(api.behaviour.busy_posts):
        return error_response(429, "LimitExceeded", "Rate exceeded")
    if not is_connection_id(connection_id):
        message = f"Invalid connectionId: {connection_id}"
        return error_response(400, "BadRequest", message)
    if body is None:
        return error_response(413, "PayloadTooLarge", "Payload too large")
    socket = open_sockets.get(connection_id)
    if socket is None:
        return error_response(410, "Gone", None)
    if scope["method"] == "POST":
        return _post(socket, body, fault)
    return _get(socket) if scope["method"] == "GET" else _delete(socket)


def error_response(status: int, error: str, message: str | None) -> Response:
    """An error as the AWS SDKs read it; without a message the body is empty."""
    error_type = ("x-amzn-errortype", f"{error}Exception")
    if message is not None:
        headers = (error_type, *_trace_headers())
        return json_response(status, {"message": message}, headers)
    content_type = ("content-type", "application/json")
    return Response(
        status=status, headers=(content_type, error_type, *_trace_headers())
    )


def _post(socket: OpenSocket, body: bytes, fault: PostFault) -> Response:
    text = body.decode("utf-8", "replace")
    if fault.is_lost:
        socket.touch()
    elif not socket.try_send(text, delay_seconds=fault.delay_seconds):
        message = "The client does not read fast enough"
        return error_response(429, "LimitExceeded", message)
    content_type = ("content-type", "application/json")
    return Response(headers=(content_type, *_trace_headers()))


def _get(socket: OpenSocket) -> Response:
    connection = socket.connection
    identity = {"sourceIp": connection.source_ip, "userAgent": connection.user_agent}
    info: dict[str, Any] = {
        "identity": {name: value for name, value in identity.items() if value},
        "connectedAt": _timestamp(connection.connected_at),
        "lastActiveAt": _timestamp(socket.last_active_at),
    }
    return json_response(200, info, _trace_headers())


def _delete(socket: OpenSocket) -> Response:
    socket.close(CLOSED_NORMALLY)
    return Response(status=204, headers=_trace_headers())


async def read_body(receive: Receive, limit: int) -> bytes | None:
    """The request's body, None when it is larger than `limit` bytes."""
    chunks, size, more = [], 0, True
    while more:
        message = await receive()
        if message["type"] == "http.disconnect":
            return None
        chunk = message.get("body", b"")
        more = message.get("more_body", False)
        size += len(chunk)
        if size <= limit:
            chunks.append(chunk)
    return b"".join(chunks) if size <= limit else None


def _signed_region(scope: Scope) -> str:
    """The region of the signature, empty without a signature."""
    header = dict(scope["headers"]).get(b"authorization", b"").decode("latin-1")
    signature = _SIGNATURE.fullmatch(header)
    return signature[1] if signature else ""


def _trace_headers() -> tuple[tuple[str, str], ...]:
    return (
        ("x-amzn-requestid", str(uuid.uuid4())),
        ("x-amz-apigw-id", new_id()),
        ("x-amzn-trace-id", new_trace_id()),
    )


def _timestamp(millis: int) -> str:
    at = datetime.fromtimestamp(millis / 1000, UTC)
    return at.isoformat(timespec="milliseconds").replace("+00:00", "Z")
