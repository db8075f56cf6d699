"""The few ASGI types that are used here, and the sending of a whole HTTP response."""

from collections.abc import Awaitable, Callable, Mapping, MutableMapping
from dataclasses import dataclass
from typing import Any

import orjson

Scope = Mapping[str, Any]
Message = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]

HTTP_RESPONSE = "http.response"
DENIAL_RESPONSE = "websocket.http.response"
"""Prefix of the ASGI messages that refuse a handshake with any HTTP status."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Response:
    """An HTTP response, of the gateway or of the integration."""

    status: int = 200
    headers: tuple[tuple[str, str], ...] = ()
    body: bytes = b""

    @property
    def is_success(self) -> bool:
        return 200 <= self.status < 300

    def header(self, name: str) -> str:
        """The first value of that header, empty when there is none."""
        values = (value for key, value in self.headers if key.lower() == name.lower())
        return next(values, "")


def json_response(
    status: int, content: Any, headers: tuple[tuple[str, str], ...] = ()
) -> Response:
    content_type = ("content-type", "application/json")
    return Response(
        status=status, headers=(content_type, *headers), body=orjson.dumps(content)
    )


async def send_response(
    send: Send, response: Response, prefix: str = HTTP_RESPONSE
) -> None:
    """Send `response`, as an HTTP response or as the denial of a handshake."""
    headers = list(response.headers)
    if response.status != 204:
        headers.append(("content-length", str(len(response.body))))
    encoded = [
        (name.encode(), value.encode("utf-8", "surrogateescape"))
        for name, value in headers
    ]
    start = {"type": f"{prefix}.start", "status": response.status, "headers": encoded}
    await send(start)
    await send({"type": f"{prefix}.body", "body": response.body})
