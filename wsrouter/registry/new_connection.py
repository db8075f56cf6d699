"""A connection that is not stored yet."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from django.utils import timezone


@dataclass(kw_only=True, slots=True)
class NewConnection:
    """The columns of an OpenConnection, whose instance takes longer to make. Times are
    as the database stores them."""

    connection_id: str
    user_id: Any
    auth_hash: str
    password_digest: str
    session_hash: str
    gateway: str
    api_id: str
    stage: str
    source_ip: str
    user_agent: str
    language: str
    connected_at: datetime
    expires_at: datetime
    state: Mapping[str, Any]
    stored_at: datetime = field(default_factory=timezone.now)
