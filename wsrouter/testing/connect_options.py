"""What a client says of itself when it connects."""

from collections.abc import Mapping
from typing import TypedDict


class Handshake(TypedDict, total=False):
    """The options of `connect`."""

    query: str
    headers: Mapping[str, str] | None
    source_ip: str
    user_agent: str
    principal: str
    authorizer: Mapping[str, str | float | bool] | None
