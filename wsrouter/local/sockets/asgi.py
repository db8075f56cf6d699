"""The few ASGI shapes used here, and the sending of a whole HTTP answer."""

from collections.abc import Awaitable, Callable, Mapping, MutableMapping
from dataclasses import dataclass
from typing import Any

import orjson

Scope = Mapping[str, Any]
Message = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]

HTTP = "http.response"
DENIAL = "websocket.http.response"
"""Prefix of the events that refuse a handshake with a status of our choice."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Answer:
    """An HTTP answer, ours or the integration's."""

    status: int = 200
    headers: tuple[tuple[str, str], ...] = ()
    body: bytes = b""

    @property
    def succeeded(self) -> bool:
        return 200 <= self.status < 300

    def header(self, name: str) -> str:
        """The first value of that header, empty when there is none."""
        found = (value for key, value in self.headers if key.lower() == name.lower())
        return next(found, "")


def json_answer(
    status: int, content: Any, headers: tuple[tuple[str, str], ...] = ()
) -> Answer:
    content_type = ("content-type", "application/json")
    return Answer(
        status=status, headers=(content_type, *headers), body=orjson.dumps(content)
    )


async def respond(send: Send, answer: Answer, kind: str = HTTP) -> None:
    """Send `answer`, as an HTTP response or as the denial of a handshake."""
    headers = list(answer.headers)
    if answer.status != 204:
        headers.append(("content-length", str(len(answer.body))))
    encoded = [
        (name.encode(), value.encode("utf-8", "surrogateescape"))
        for name, value in headers
    ]
    start = {"type": f"{kind}.start", "status": answer.status, "headers": encoded}
    await send(start)
    await send({"type": f"{kind}.body", "body": answer.body})
