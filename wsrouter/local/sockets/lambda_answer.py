"""What a Lambda function has returned, as the response of its AWS_PROXY integration."""

import base64
import binascii
from typing import Any

import orjson

from wsrouter.local.sockets.asgi import Response
from wsrouter.local.sockets.backend import IntegrationFailure

_ERROR = "x-amz-function-error"
"""The header of an invocation that ended with an exception (Lambda API reference,
"Invoke")."""


def read(answer: Response) -> Response | IntegrationFailure:
    """The response in an answer of Lambda's Invoke; a failure for an exception, and for
    a result that is none."""
    if not answer.is_success:
        cause = f"the function cannot be invoked, status {answer.status}"
        return IntegrationFailure(cause=cause)
    try:
        result = orjson.loads(answer.body)
    except orjson.JSONDecodeError:
        result = None
    if answer.header(_ERROR):
        return IntegrationFailure(cause=f"the function has failed: {_error(result)}")
    try:
        return _response(result)
    except ValueError as problem:
        cause = f"the function has returned no response: {problem}"
        return IntegrationFailure(cause=cause)


def _response(result: Any) -> Response:
    status = result.get("statusCode") if isinstance(result, dict) else None
    if isinstance(status, str) and status.isdecimal():
        status = int(status)
    if not isinstance(status, int) or not 100 <= status <= 599:
        raise ValueError("without a statusCode")
    body = result.get("body") or ""
    if not isinstance(body, str):
        raise ValueError("its body is no text")
    return Response(
        status=status,
        headers=tuple(_headers(result)),
        body=_decoded(body) if result.get("isBase64Encoded") else body.encode(),
    )


def _headers(result: dict[str, Any]) -> list[tuple[str, str]]:
    single, several = result.get("headers") or {}, result.get("multiValueHeaders") or {}
    if not isinstance(single, dict) or not isinstance(several, dict):
        raise ValueError("its headers are no object")
    pairs = [(name, str(value)) for name, value in single.items()]
    for name, values in several.items():
        pairs += [(name, str(value)) for value in values]
    return pairs


def _decoded(body: str) -> bytes:
    try:
        return base64.b64decode(body, validate=True)
    except binascii.Error:
        raise ValueError("its body is no Base64") from None


def _error(result: Any) -> str:
    if not isinstance(result, dict):
        return "-"
    named = [result.get("errorType"), result.get("errorMessage")]
    return ": ".join(str(text) for text in named if text)
