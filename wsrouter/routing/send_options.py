"""The keyword arguments of `send`, checked and turned into recipients."""

from collections.abc import Iterable
from dataclasses import dataclass
from itertools import islice
from typing import Any, TypedDict

from wsrouter.errors import InvalidValue
from wsrouter.routing import ports
from wsrouter.routing.connection import Connection
from wsrouter.routing.group import checked_group
from wsrouter.routing.ports import Recipients

MAX_CONNECTIONS = 100_000
"""Connections of one call. They are all held in memory, and in the row of a queued
send."""
ConnectionOrId = Connection | str
_CHOICES = "connection=, connections=, user=, users=, group=, groups= and everyone=True"


class SendOptions(TypedDict, total=False):
    """The keyword arguments of `send`."""

    connection: ConnectionOrId | None
    connections: Iterable[ConnectionOrId] | None
    user: Any
    users: Iterable[Any] | None
    group: str | None
    groups: Iterable[str] | None
    everyone: bool
    exclude: Any
    gateway: str | None
    now: bool


@dataclass(frozen=True, kw_only=True, slots=True)
class Choice:
    """What a call of `send` chose, as it was given."""

    connection: ConnectionOrId | None
    connections: Iterable[ConnectionOrId] | None
    user: Any
    users: Iterable[Any] | None
    group: str | None
    groups: Iterable[str] | None
    everyone: bool
    exclude: Any
    gateway: str | None

    def recipients(self) -> Recipients:
        """Raises TypeError and ValueError that name the mistake."""
        self._check_that_one_is_given()
        excluded_ids, excluded_users = _excluded(self.exclude)
        return Recipients(
            connection_ids=self._connection_ids(),
            users=self._user_keys(),
            groups=self._group_names(),
            everyone=self.everyone,
            exclude=excluded_ids,
            exclude_users=excluded_users,
            gateway=self._gateway_name(),
        )

    def _check_that_one_is_given(self) -> None:
        given = [
            value is not None
            for value in (
                *(self.connection, self.connections, self.user, self.users),
                *(self.group, self.groups),
            )
        ]
        if sum(given) + bool(self.everyone) != 1:
            raise TypeError(f"send() needs exactly one of {_CHOICES}.")

    def _connection_ids(self) -> frozenset[str]:
        if self.connection is not None:
            return frozenset({_id(self.connection)})
        if self.connections is None:
            return frozenset()
        return _ids(self.connections)

    def _user_keys(self) -> frozenset[Any]:
        if self.user is not None:
            return frozenset({ports.sender().user_key(self.user)})
        if self.users is None:
            return frozenset()
        return ports.sender().user_keys(self.users)

    def _group_names(self) -> frozenset[str]:
        if self.group is not None:
            return frozenset({checked_group(self.group)})
        if self.groups is None:
            return frozenset()
        if isinstance(self.groups, str | bytes) or not isinstance(
            self.groups, Iterable
        ):
            raise TypeError(
                "send(groups=...) takes several names, not a"
                f" {type(self.groups).__name__}; use group= for one."
            )
        return frozenset(map(checked_group, self.groups))

    def _gateway_name(self) -> str:
        """An empty name is a mistake, not every gateway."""
        if self.gateway is None:
            return ""
        given: object = self.gateway
        if not isinstance(given, str) or not given:
            raise TypeError(
                "send(gateway=...) takes the name of a gateway, not"
                f" {given!r}; without it, the event is for all of them."
            )
        return given


def _id(one: object) -> str:
    found: object = one.id if isinstance(one, Connection) else one
    if not isinstance(found, str) or not found:
        several = isinstance(one, Iterable) and not isinstance(one, str | bytes)
        raise TypeError(
            f"A connection or its id is expected, not a {type(one).__name__}"
            + ("; connections= takes several." if several else f": {one!r}.")
        )
    if not found.isprintable():
        raise InvalidValue("A connection id has printable characters only.")
    return found


def _ids(many: object) -> frozenset[str]:
    if isinstance(many, str | Connection) or not isinstance(many, Iterable):
        raise TypeError(
            "send(connections=...) takes several connections or ids, not a"
            f" {type(many).__name__}; connection= takes one."
        )
    ids = frozenset(islice(map(_id, many), MAX_CONNECTIONS + 1))
    if len(ids) > MAX_CONNECTIONS:
        raise ValueError(
            f"send(connections=...) has more than {MAX_CONNECTIONS} connections: let"
            " them join a group, and send to that."
        )
    return ids


def _excluded(exclude: Any) -> tuple[frozenset[str], frozenset[Any]]:
    """The ids of connections and the primary keys of users that are left out."""
    if isinstance(exclude, str | Connection):
        return frozenset({_id(exclude)}), frozenset()
    if _is_user(exclude):
        return frozenset(), frozenset({ports.sender().user_key(exclude)})
    if not isinstance(exclude, Iterable):
        raise TypeError(
            "send(exclude=...) takes connections, their ids and users, not a"
            f" {type(exclude).__name__}."
        )
    ids: set[str] = set()
    users: list[Any] = []
    for one in exclude:
        if isinstance(one, str | Connection):
            ids.add(_id(one))
        elif _is_user(one):
            users.append(one)
        else:
            raise TypeError(
                "send(exclude=...) takes connections, their ids and users, not"
                f" a {type(one).__name__}: a bare primary key could be anything."
            )
    keys = ports.sender().user_keys(users) if users else frozenset()
    return frozenset(ids), keys


def _is_user(one: object) -> bool:
    """Whether it may be a user; the sender knows whether it is one."""
    return hasattr(one, "pk") or hasattr(one, "is_authenticated")
