"""A WebSocket client for Python programs; needs the extra `client`.

`connect` is for asyncio; `wsrouter.client.sync` has the same for other programs.
"""

from wsrouter.client.asyncio_client import Client
from wsrouter.client.connection_errors import (
    CallTimeout,
    ConnectionLost,
    ConnectionRefused,
    OutboxFull,
    TicketError,
)
from wsrouter.client.effects import Gap, State
from wsrouter.client.options import Options
from wsrouter.client.presence_view import PresenceView
from wsrouter.errors import MessageError

__all__ = [
    "CallTimeout",
    "Client",
    "ConnectionLost",
    "ConnectionRefused",
    "Gap",
    "MessageError",
    "Options",
    "OutboxFull",
    "PresenceView",
    "State",
    "TicketError",
    "connect",
]

connect = Client
"""`async with connect(url) as client:` or `client = await connect(url)`."""
