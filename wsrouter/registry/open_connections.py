"""The registry of open connections, kept in the database."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any

from django.contrib.auth.models import AnonymousUser
from django.db import IntegrityError, connections, transaction
from django.db.models import F, QuerySet
from django.utils import timezone

from wsrouter.errors import MessageError, SessionEnded
from wsrouter.identity import LIFETIME, Identity, is_current
from wsrouter.models import Membership, OpenConnection
from wsrouter.registry import compiled_lookup, memberships
from wsrouter.registry.database import alias, aware, storable
from wsrouter.routing.connection import Connection
from wsrouter.routing.frame import Cause, Frame
from wsrouter.routing.ports import Registry, RemovedConnection
from wsrouter.routing.state import ReadOnlyState

_OF_FRAMES = frozenset({"source_ip", "user_agent", "api_id", "stage", "connected_at"})
_HANDSHAKE = timedelta(minutes=1)
"""From the moment in which an identity is established to that of the row: less."""


class StoredConnection(Connection):
    """A connection out of the registry: what few messages need is read from its row
    when somebody asks."""

    def __init__(
        self, frame: Frame, row: compiled_lookup.Row, registry: Registry
    ) -> None:
        self.id, self.gateway = frame.connection_id, frame.gateway
        self.user = AnonymousUser() if row.user is None else row.user
        self._frame, self._row, self._registry = frame, row, registry

    def __getattr__(self, name: str) -> Any:
        if name == "state":
            found = ReadOnlyState(self._row.state or {})
        elif name in _OF_FRAMES:
            found = getattr(self._frame, name)
        else:
            raise AttributeError(name)
        self.__dict__[name] = found
        return found


class Store:
    """Asks the primary database only: a row that was just written counts."""

    def find(self, frame: Frame) -> Connection:
        """The connection and its user, in one query; raises MessageError."""
        row = compiled_lookup.find(frame.connection_id, frame.gateway, using=alias())
        if row is None:
            raise MessageError(
                "connection_unknown", "This connection is not known; connect again."
            )
        expires_at: datetime = row["expires_at"]
        has_ended = expires_at <= datetime.now(expires_at.tzinfo)
        if has_ended or not is_current(row.user, row["auth_hash"]):
            raise SessionEnded
        return StoredConnection(frame, row, self)

    def remember(
        self, frame: Frame, connection: Connection, identity: Identity
    ) -> bool:
        """Store an accepted connection with its groups, once however often `$connect`
        comes; False when the id is open already for somebody else."""
        row = _row(frame, connection, identity)
        with transaction.atomic(using=alias()):
            kept = row if self._inserted(row) else _the_same(row)
            if kept is None:
                return False
            members = [Membership.of(kept, each) for each in connection.groups]
            _memberships().bulk_create(members, ignore_conflicts=True)
        return True

    def forget(self, connection_id: str, gateway: str) -> RemovedConnection | None:
        """Remove a connection; it is returned to the one caller that removed it."""
        take = _taken if compiled_lookup.can_take(alias()) else _locked_and_taken
        with transaction.atomic(using=alias()):
            row, groups = take(connection_id, gateway)
        if row is None:
            return None
        connection = Connection(row.connection_id, groups=groups, **_facts(row))
        return RemovedConnection(connection=connection, cause=_ended_by(row))

    def forget_all(self, connection_ids: Sequence[str], gateway: str) -> None:
        """Remove connections, and tell nobody."""
        with transaction.atomic(using=alias()):
            memberships.remove(connection_ids, gateway, using=alias())

    def join(self, connection_id: str, group: str) -> None:
        """Nothing happens when the connection was closed meanwhile."""
        memberships.join(connection_id, group, using=alias())

    def leave(self, connection_id: str, group: str) -> None:
        memberships.leave(connection_id, group, using=alias())

    def groups(self, connection_id: str) -> frozenset[str]:
        mine = _memberships_of(connection_id).values_list("group", flat=True)
        return frozenset(mine)

    def update_state(
        self, connection_id: str, changes: Mapping[str, Any]
    ) -> Mapping[str, Any]:
        """Merge `changes` into the state; concurrent changes wait for each other."""
        with transaction.atomic(using=alias()):
            if not _locked(connection_id):
                raise MessageError("connection_unknown", "This connection is closed.")
            row = _connections().only("state").get(connection_id=connection_id)
            row.state |= changes
            row.save(using=alias(), update_fields=["state"])
        return dict(row.state)

    def _inserted(self, row: OpenConnection) -> bool:
        try:
            with transaction.atomic(using=alias()):
                row.save(using=alias(), force_insert=True)
        except IntegrityError:
            return False
        return True


def _connections() -> "QuerySet[OpenConnection]":
    return OpenConnection.objects.using(alias())


def _memberships() -> "QuerySet[Membership]":
    return Membership.objects.using(alias())


def _memberships_of(connection_id: str) -> "QuerySet[Membership]":
    return _memberships().filter(connection__connection_id=connection_id)


def _locked(connection_id: str, **more: str) -> bool:
    """Keep the row for the open transaction; False when there is none.

    It is locked by writing to it, which every database does alike.
    """
    rows = _connections().filter(connection_id=connection_id, **more)
    return rows.update(gateway=F("gateway")) > 0


def _taken(connection_id: str, gateway: str) -> tuple[Any | None, Iterable[str]]:
    """The row goes first: who joins now waits for that, and finds none."""
    row = compiled_lookup.take(connection_id, gateway, using=alias())
    if row is None:
        return None, ()
    return row, memberships.leave_all(connection_id, using=alias())


def _locked_and_taken(
    connection_id: str, gateway: str
) -> tuple[Any | None, Iterable[str]]:
    """On MySQL, which does not tell what it deletes."""
    if not _locked(connection_id, gateway=gateway):
        return None, ()
    row = _connections().select_related("user").get(connection_id=connection_id)
    groups = list(_memberships_of(connection_id).values_list("group", flat=True))
    memberships.remove([connection_id], gateway, using=alias())
    return row, groups


def _the_same(row: OpenConnection) -> OpenConnection | None:
    """The row of an earlier `$connect` of the same user, kept for the transaction.

    The insert that failed has locked it on MySQL already: two that ask for more would
    wait for each other.
    """
    same = _connections().filter(
        connection_id=row.connection_id, gateway=row.gateway, user=row.user_id
    )
    if connections[alias()].vendor != "mysql":
        same = same.select_for_update()
    return same.first()


def _row(frame: Frame, connection: Connection, identity: Identity) -> OpenConnection:
    user = identity.user if identity.user.is_authenticated else None
    return OpenConnection(
        connection_id=frame.connection_id,
        user=user,
        auth_hash=identity.auth_hash,
        session_hash=identity.session_hash,
        state=dict(connection.state),
        gateway=frame.gateway,
        api_id=frame.api_id,
        stage=frame.stage,
        source_ip=frame.source_ip,
        user_agent=frame.user_agent,
        connected_at=storable(frame.connected_at or frame.received_at),
        expires_at=identity.until,
    )


def _ended_by(row: Any) -> Cause | None:
    if row.expires_at > timezone.now():
        return None
    lived = row.expires_at - row.stored_at
    return Cause.LIFETIME if lived > LIFETIME - _HANDSHAKE else Cause.ENDED


def _facts(row: Any) -> dict[str, Any]:
    return {
        "user": row.user or AnonymousUser(),
        "gateway": row.gateway,
        "state": row.state,
        "source_ip": row.source_ip,
        "user_agent": row.user_agent,
        "connected_at": aware(row.connected_at),
        "api_id": row.api_id,
        "stage": row.stage,
    }
