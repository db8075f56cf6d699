"""One event of a connection, as the integration is told about it."""

import time
from dataclasses import dataclass, field
from typing import Literal
from urllib.parse import parse_qsl

from wsrouter.local.rules.identifiers import new_id


def now_millis() -> int:
    return int(time.time() * 1000)


@dataclass(frozen=True, kw_only=True, slots=True)
class Caller:
    """What API Gateway knows of a connection for all of its life. `principal` is whom
    the authorizer named."""

    connection_id: str = field(default_factory=new_id)
    connected_at: int = field(default_factory=now_millis)
    domain_name: str
    source_ip: str
    user_agent: str = ""
    principal: str | None = None


@dataclass(frozen=True, kw_only=True, slots=True)
class Opening:
    """The client's handshake request, known during `$connect` only."""

    headers: tuple[tuple[str, str], ...] = ()
    query: str = ""

    def header(self, name: str) -> str | None:
        """The last value of that header."""
        values = [value for key, value in self.headers if key.lower() == name.lower()]
        return values[-1] if values else None

    def parameter(self, name: str) -> str | None:
        """The last value of that query string parameter."""
        return dict(parse_qsl(self.query, keep_blank_values=True)).get(name)


@dataclass(frozen=True, kw_only=True, slots=True)
class Close:
    """Why a connection ended: a close code and its text."""

    code: int
    reason: str = ""


@dataclass(frozen=True, kw_only=True, slots=True)
class Event:
    """`opening` is set on CONNECT, `message_id` on MESSAGE, `close` on DISCONNECT."""

    type: Literal["CONNECT", "MESSAGE", "DISCONNECT"]
    route_key: str
    caller: Caller
    request_id: str = field(default_factory=new_id)
    received_at: int = field(default_factory=now_millis)
    body: bytes = b""
    opening: Opening | None = None
    message_id: str | None = None
    close: Close | None = None
