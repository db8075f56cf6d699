"""One event of a connection, with everything that the integration may learn of it."""

import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal
from urllib.parse import parse_qsl

from wsrouter.local.rules.identifiers import new_id


def now_millis() -> int:
    return int(time.time() * 1000)


@dataclass(frozen=True, kw_only=True, slots=True)
class ConnectionInfo:
    """What API Gateway knows of a connection for its whole life.

    `connected_at` is in milliseconds since the epoch; `principal` is the identity that
    the authorizer returned, and `authorizer_context` its other values.
    """

    connection_id: str = field(default_factory=new_id)
    connected_at: int = field(default_factory=now_millis)
    domain_name: str
    source_ip: str
    user_agent: str = ""
    principal: str | None = None
    authorizer_context: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, kw_only=True, slots=True)
class HandshakeRequest:
    """The client's handshake request, which is known during `$connect` only."""

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
    """Why a connection ended: a close code and its reason."""

    code: int
    reason: str = ""


@dataclass(frozen=True, kw_only=True, slots=True)
class GatewayEvent:
    """`handshake` is set on CONNECT, `message_id` on MESSAGE, `close` on DISCONNECT;
    `received_at` is in milliseconds since the epoch."""

    type: Literal["CONNECT", "MESSAGE", "DISCONNECT"]
    route_key: str
    connection: ConnectionInfo
    request_id: str = field(default_factory=new_id)
    received_at: int = field(default_factory=now_millis)
    body: bytes = b""
    handshake: HandshakeRequest | None = None
    message_id: str | None = None
    close: Close | None = None
