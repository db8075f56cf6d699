"""The socket of a test client, at the gateway that was chosen."""

from typing import Any

from wsrouter.options.gateway import Gateway
from wsrouter.testing import kept_streams
from wsrouter.testing.chosen_gateway import LOCAL, MEMORY, check, chosen, is_url
from wsrouter.testing.client_socket import ClientSocket
from wsrouter.testing.inbox import Inbox
from wsrouter.testing.outcomes import NotAtThisGateway
from wsrouter.testing.simulated_socket import SimulatedSocket

HOLD_SECONDS = 2.0
"""How long real clients wait for what overtook another frame."""


def inbox(at: str) -> Inbox:
    """For the frames that come from there. Raises ValueError."""
    name = _name(at)
    group_of = _unknown_group if is_url(name) else kept_streams.group_of
    return Inbox(group_of, hold=0.0 if name == MEMORY else HOLD_SECONDS)


def client_socket(
    at: str,
    user: Any,
    gateway: Gateway,
    inbox: Inbox,
    *,
    raise_exceptions: bool,
    seconds: float,
) -> ClientSocket:
    """Raises ValueError for what is no gateway, and MissingExtra."""
    name = _name(at)
    if name == MEMORY:
        return SimulatedSocket(user, gateway, inbox, raise_exceptions=raise_exceptions)
    from wsrouter.testing import real_sockets  # needs the extra `client`

    if name == LOCAL:
        return real_sockets.LocalSocket(user, gateway, inbox, seconds)
    return real_sockets.DeployedSocket(name, user, inbox, seconds)


def require_database(at: str) -> None:
    """Raises NotAtThisGateway where the server has another database than the test."""
    if is_url(_name(at)):
        raise NotAtThisGateway("The database of a deployed API is out of reach.")


def is_in_memory(at: str) -> bool:
    return _name(at) == MEMORY


def _name(at: str) -> str:
    return check(at) if at else chosen()


def _unknown_group(_: str) -> str:
    return ""
