"""Faults of what is sent to connections, for a block of a test.

Each takes the clients (or connections, or ids) that it is for; all without any. Use
`with`, and `async with` in an async test. Reports, deliveries, signals and errors are
those of production; only retries come without their pauses.
"""

from datetime import UTC, datetime
from typing import Any

from wsrouter.delivery.retry import HANDSHAKE_GRACE
from wsrouter.models import Membership, OpenConnection
from wsrouter.registry.database import alias, storable
from wsrouter.testing import chosen_gateway, faulty_transport
from wsrouter.testing.block import Block
from wsrouter.testing.outcomes import NotAtThisGateway
from wsrouter.testing.post_fault import (
    Gone,
    Lost,
    PostFault,
    Reordered,
    Slow,
    Throttled,
    connection_id_of,
)
from wsrouter.testing.simulated_gateway import run_on_commit_callbacks

__all__ = ["gone", "lost", "reordered", "slow", "throttled"]


class FaultBlock(Block[None]):
    """A fault is active inside of it. What was sent before has left."""

    def __init__(self, fault: PostFault) -> None:
        self._fault = fault

    def begin(self) -> None:
        if chosen_gateway.is_url(chosen_gateway.chosen()):
            raise NotAtThisGateway("A deployed API has no faults on demand.")
        for recipient in self._fault.recipients:
            connection_id_of(recipient)  # raises TypeError for what is none
        run_on_commit_callbacks()
        if isinstance(self._fault, Gone):
            _outgrow_handshake(self._fault)
        faulty_transport.active.append(self._fault)

    def end(self) -> None:
        run_on_commit_callbacks()
        faulty_transport.active.remove(self._fault)
        if isinstance(self._fault, Reordered):
            self._fault.release()


def gone(*to: Any) -> FaultBlock:
    """Sends find the connection closed (410): it is counted as gone, its row is
    removed, and its disconnect handlers run."""
    return FaultBlock(Gone(recipients=to))


def throttled(*to: Any, times: int | None = None) -> FaultBlock:
    """API Gateway is too busy (429): for the first `times` requests about each
    connection, which are repeated; without a number for all, which fail in the end."""
    return FaultBlock(Throttled(recipients=to, times=times))


def slow(*to: Any, seconds: float) -> FaultBlock:
    """Each post takes so many seconds. The transport waits for 5, and a send for
    SEND_SECONDS."""
    return FaultBlock(Slow(recipients=to, takes=seconds))


def lost(*to: Any) -> FaultBlock:
    """API Gateway accepts what is sent (200), and it does not arrive."""
    return FaultBlock(Lost(recipients=to))


def reordered(*to: Any) -> FaultBlock:
    """What is sent arrives at the end of the block, the last first."""
    return FaultBlock(Reordered(recipients=to))


def _outgrow_handshake(fault: Gone) -> None:
    """A 410 soon after the handshake may mean that it is not done: that is tried again,
    and counted as failed. Connections of a test are young, the gone ones seldom are."""
    old = storable(datetime.now(UTC) - 2 * HANDSHAKE_GRACE)
    connections = OpenConnection.objects.using(alias()).all()
    memberships = Membership.objects.using(alias()).all()
    if fault.recipients:
        ids = [connection_id_of(one) for one in fault.recipients]
        connections = connections.filter(connection_id__in=ids)
        memberships = memberships.filter(connection__connection_id__in=ids)
    connections.update(stored_at=old)
    memberships.update(stored_at=old)
