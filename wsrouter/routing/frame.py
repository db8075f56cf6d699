"""What API Gateway delivers, decoded, and the parts that a handler may ask for."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from enum import StrEnum


class EventType(StrEnum):
    CONNECT = "CONNECT"
    MESSAGE = "MESSAGE"
    DISCONNECT = "DISCONNECT"


class Cause(StrEnum):
    """Why a connection ended."""

    CLIENT = "client"
    GONE = "gone"
    LIFETIME = "lifetime"
    ENDED = "ended"


@dataclass(frozen=True, kw_only=True)
class Frame:
    """One event: CONNECT, MESSAGE or DISCONNECT. Absent values are empty or None.

    `headers` are the project's own mapped headers, `body` the text frame as sent,
    `principal` whom the gateway's authorizer let in.
    """

    event_type: EventType
    connection_id: str
    route_key: str = ""
    gateway: str = "default"
    body: bytes = field(default=b"", repr=False)
    connected_at: datetime | None = None
    message_id: str = ""
    request_id: str = ""
    api_id: str = ""
    stage: str = ""
    domain_name: str = ""
    source_ip: str = ""
    user_agent: str = ""
    disconnect_code: int | None = None
    disconnect_reason: str = ""
    principal: str = field(default="", repr=False)
    headers: Mapping[str, str] = field(default_factory=dict)
    received_at: datetime = field(default_factory=lambda: datetime.now(UTC))


@dataclass(frozen=True, kw_only=True, slots=True)
class Message:
    """The message that a handler answers: its route key, the client's own id, and the
    ids that API Gateway gave it. `headers` are the project's own mapped headers."""

    route_key: str
    id: str | int | None = None
    message_id: str = ""
    request_id: str = ""
    received_at: datetime = field(default_factory=lambda: datetime.now(UTC))
    headers: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, kw_only=True, slots=True)
class Disconnected:
    """How a connection ended. `code` and `reason` are API Gateway's close status
    (1000, 1001, 1005, ...), None and empty when it did not say."""

    cause: Cause = Cause.CLIENT
    code: int | None = None
    reason: str = ""
