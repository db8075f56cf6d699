"""The registry of open connections: who has connected, stored in the database."""

from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from datetime import timedelta
from typing import Any

from django.contrib.auth.models import AnonymousUser
from django.db import DatabaseError, transaction
from django.db.models import F, QuerySet
from django.utils import timezone

from wsrouter.errors import MessageError, SessionEnded
from wsrouter.identity import LIFETIME, Identity, is_current
from wsrouter.models import Membership, OpenConnection
from wsrouter.registry import (
    compiled_lookup,
    inserting_rows,
    language,
    listed_users,
    memberships,
    user_rows,
)
from wsrouter.registry.checked_row import checked_row
from wsrouter.registry.database import alias, aware
from wsrouter.registry.new_connection import NewConnection
from wsrouter.registry.retrying import retried
from wsrouter.routing.connection import Connection
from wsrouter.routing.frame import Cause, Frame
from wsrouter.routing.ports import GroupRules, Registry, RemovedConnection
from wsrouter.routing.state import ReadOnlyState

_FRAME_ATTRIBUTES = frozenset(
    {"source_ip", "user_agent", "api_id", "stage", "connected_at"}
)
_MAX_HANDSHAKE = timedelta(minutes=1)
"""The time from establishing an identity to inserting the row is below this."""


class StoredConnection(Connection):
    """A connection that was read from the registry. Attributes that few handlers use
    are converted from the row when they are first read."""

    def __init__(
        self, frame: Frame, row: compiled_lookup.Row, registry: Registry
    ) -> None:
        self.id, self.gateway = frame.connection_id, frame.gateway
        self.user = AnonymousUser() if row.user is None else row.user
        self._frame, self._row, self._registry = frame, row, registry

    def __getattr__(self, name: str) -> Any:
        if name == "state":
            found = ReadOnlyState(self._row.state or {})
        elif name == "language":
            found = self._row.language
        elif name in _FRAME_ATTRIBUTES:
            found = getattr(self._frame, name)
        else:
            raise AttributeError(name)
        self.__dict__[name] = found
        return found


class ConnectionRegistry:
    """Reads from the primary database only, so that it sees a row that was just
    written. `rules_of` finds the group rules of a gateway by its alias; it is called
    when a connection joins a group."""

    def __init__(self, rules_of: Callable[[str], GroupRules] | None = None) -> None:
        self._rules_of = rules_of

    def group_rules(self, gateway: str) -> GroupRules | None:
        """The rules that a connection's joins are checked with."""
        return self._rules_of(gateway) if self._rules_of else None

    def find(self, frame: Frame) -> Connection:
        """The connection and its user, in one query; its language becomes active.
        Raises MessageError when the connection is not known, SessionEnded when its
        identity no longer holds."""
        row = checked_row(
            compiled_lookup.find(frame.connection_id, frame.gateway, using=alias())
        )
        if chosen := row["language"]:
            language.activate(chosen)
        return StoredConnection(frame, row, self)

    def get(self, connection_id: str) -> Connection | None:
        """The open connection of that id, of any gateway; None when there is none, or
        when its identity no longer holds."""
        rows = _connections().select_related("user")
        row = rows.filter(
            connection_id=connection_id, expires_at__gt=timezone.now()
        ).first()
        if row is None or not is_current(row.user, row.auth_hash):
            return None
        if row.user is not None and not listed_users.listed([row.user_id]):
            return None
        return Connection(row.connection_id, registry=self, **_stored_attributes(row))

    def remember(
        self, frame: Frame, connection: Connection, identity: Identity
    ) -> bool:
        """Store an accepted connection with its groups; a repeated `$connect` adds no
        row. Returns False when the connection id is already open for another user or
        gateway. Raises InvalidValue for a state that is not JSON, SessionEnded when the
        user was deleted meanwhile, and IntegrityError when the row breaks another
        constraint."""
        row = inserting_rows.new_row(frame, connection, identity)
        try:
            has_stored = self._store(row, connection.groups)
        except DatabaseError as error:  # deferred constraints fail at the commit
            if user_rows.is_deleted(row.user_id):
                raise SessionEnded from error
            raise
        if not has_stored and user_rows.is_deleted(row.user_id):
            raise SessionEnded
        return has_stored

    def _store(self, row: NewConnection, groups: Collection[str]) -> bool:
        is_kept = user_rows.must_be_kept()
        if not (is_kept or groups) and inserting_rows.insert_alone(row):
            return True
        with transaction.atomic(using=alias()):
            if is_kept and not user_rows.keep(row.user_id):
                raise SessionEnded
            stored = inserting_rows.insert(row)
            if stored is None:
                return False
            memberships.store(stored, groups, using=alias())
        return True

    def forget(self, connection_id: str, gateway: str) -> RemovedConnection | None:
        """Remove a connection and return it. Of several simultaneous calls, one gets
        the connection and the others get None."""
        can_return = compiled_lookup.can_delete_returning(alias())
        delete = _delete_returning if can_return else _lock_and_delete
        with transaction.atomic(using=alias()):
            row, groups = delete(connection_id, gateway)
        if row is None:
            return None
        connection = Connection(
            row.connection_id, groups=groups, **_stored_attributes(row)
        )
        return RemovedConnection(connection=connection, cause=_cause_of_end(row))

    def forget_all(self, connection_ids: Sequence[str], gateway: str) -> None:
        """Remove connections without running disconnect handlers."""
        with transaction.atomic(using=alias()):
            memberships.forget(connection_ids, gateway, using=alias())

    def join(self, connection_id: str, groups: Sequence[str]) -> None:
        """Add a connection to groups; does nothing when it is closed already."""
        memberships.join(connection_id, groups, using=alias())

    def leave(self, connection_id: str, groups: Sequence[str]) -> None:
        """Remove a connection from groups."""
        memberships.leave(connection_id, groups, using=alias())

    def groups(self, connection_id: str) -> frozenset[str]:
        """The groups of a connection."""
        names = _memberships_of(connection_id).values_list("group", flat=True)
        return frozenset(names)

    def update_state(
        self, connection_id: str, changes: Mapping[str, Any]
    ) -> Mapping[str, Any]:
        """Merge `changes` into the state and return all of it. Concurrent changes wait
        for each other. Raises MessageError when the connection is closed."""
        return retried(lambda: self._update_state(connection_id, changes))

    def _update_state(
        self, connection_id: str, changes: Mapping[str, Any]
    ) -> Mapping[str, Any]:
        with transaction.atomic(using=alias()):
            if not _lock(connection_id):
                raise MessageError("connection_unknown", "This connection is closed.")
            # At REPEATABLE READ, MariaDB and MySQL show a plain SELECT what was there
            # when the caller's transaction began.
            rows = _connections().only("state").select_for_update()
            row = rows.get(connection_id=connection_id)
            row.state |= changes
            row.save(using=alias(), update_fields=["state"])
        return dict(row.state)


def _connections() -> "QuerySet[OpenConnection]":
    return OpenConnection.objects.using(alias())


def _memberships() -> "QuerySet[Membership]":
    return Membership.objects.using(alias())


def _memberships_of(connection_id: str) -> "QuerySet[Membership]":
    return _memberships().filter(connection__connection_id=connection_id)


def _lock(connection_id: str, **conditions: str) -> bool:
    """Lock the row for the rest of the transaction; False when there is no row.

    An UPDATE locks it: that is the same on every database.
    """
    rows = _connections().filter(connection_id=connection_id, **conditions)
    return rows.update(gateway=F("gateway")) > 0


def _delete_returning(
    connection_id: str, gateway: str
) -> tuple[Any | None, Iterable[str]]:
    """Delete a connection and its memberships and return them. The connection is
    deleted first: a join at the same moment waits for that, and then finds no row."""
    row = compiled_lookup.delete_returning(connection_id, gateway, using=alias())
    if row is None:
        return None, ()
    return row, memberships.leave_all(connection_id, using=alias())


def _lock_and_delete(
    connection_id: str, gateway: str
) -> tuple[Any | None, Iterable[str]]:
    """The same for MySQL, which has no DELETE ... RETURNING."""
    if not _lock(connection_id, gateway=gateway):
        return None, ()
    row = _connections().select_related("user").get(connection_id=connection_id)
    groups = list(_memberships_of(connection_id).values_list("group", flat=True))
    memberships.forget([connection_id], gateway, using=alias())
    return row, groups


def _cause_of_end(row: Any) -> Cause | None:
    """Why a row expired: None when it has not, `lifetime` when it had the longest time
    that a connection can have, else `ended`."""
    if row.expires_at > timezone.now():
        return None
    duration = row.expires_at - row.stored_at
    return Cause.LIFETIME if duration > LIFETIME - _MAX_HANDSHAKE else Cause.ENDED


def _stored_attributes(row: Any) -> dict[str, Any]:
    return {
        "user": row.user or AnonymousUser(),
        "gateway": row.gateway,
        "state": row.state,
        "source_ip": row.source_ip,
        "user_agent": row.user_agent,
        "language": row.language,
        "connected_at": aware(row.connected_at),
        "api_id": row.api_id,
        "stage": row.stage,
    }
