"""The row of a new connection, which a repeated `$connect` may have stored before."""

from typing import TYPE_CHECKING

from django.db import IntegrityError, connections, transaction

from wsrouter.identity import Identity, password_digest, primary_key
from wsrouter.models import OpenConnection
from wsrouter.registry import compiled_insert, language
from wsrouter.registry.database import alias, storable
from wsrouter.registry.new_connection import NewConnection
from wsrouter.routing.connection import Connection
from wsrouter.routing.frame import Frame
from wsrouter.routing.state import checked_state

if TYPE_CHECKING:
    from django.db.models import QuerySet


def insert(row: NewConnection) -> NewConnection | OpenConnection | None:
    """The row, stored now or by an earlier `$connect`; None when the id belongs to
    another user or gateway."""
    try:
        with transaction.atomic(using=alias()):
            compiled_insert.insert(row, using=alias())
    except IntegrityError:
        earlier = _row_of_earlier_connect(row)
        if earlier is None and not _is_taken(row.connection_id):
            raise
        return earlier
    return row


def insert_alone(row: NewConnection) -> bool:
    """Store a row in one statement, which is a transaction of its own. False where that
    does not do, and where there is a reason not to store it."""
    database = connections[alias()]
    if database.in_atomic_block or not database.get_autocommit():
        return False
    try:
        compiled_insert.insert(row, using=alias())
    except IntegrityError:
        return False
    return True


def _is_taken(connection_id: str) -> bool:
    return _connections().filter(connection_id=connection_id).exists()


def _row_of_earlier_connect(row: NewConnection) -> OpenConnection | None:
    """The row of an earlier `$connect` of the same user, locked for the transaction;
    None when the id belongs to another user or gateway.

    On MySQL the failed insert holds a shared lock on the row already. Two transactions
    that both asked for an exclusive one would deadlock.
    """
    same = _connections().filter(
        connection_id=row.connection_id, gateway=row.gateway, user=row.user_id
    )
    if connections[alias()].vendor != "mysql":
        same = same.select_for_update()
    return same.first()


def new_row(frame: Frame, connection: Connection, identity: Identity) -> NewConnection:
    """The row of an accepted connection, not stored yet. Raises InvalidValue for a
    state that is not JSON."""
    return NewConnection(
        connection_id=frame.connection_id,
        user_id=primary_key(identity.user),
        auth_hash=identity.auth_hash,
        password_digest=password_digest(identity.user) if identity.auth_hash else "",
        session_hash=identity.session_hash,
        state=checked_state(connection.state),
        gateway=frame.gateway,
        api_id=frame.api_id,
        stage=frame.stage,
        source_ip=frame.source_ip,
        user_agent=frame.user_agent,
        language=language.of_handshake(),
        connected_at=storable(frame.connected_at or frame.received_at),
        expires_at=identity.until,
    )


def _connections() -> "QuerySet[OpenConnection]":
    return OpenConnection.objects.using(alias())
