"""The keyword arguments of `send`, checked and turned into recipients."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any, TypedDict

from wsrouter.routing import ports
from wsrouter.routing.connection import Connection
from wsrouter.routing.group import checked_group
from wsrouter.routing.named_connections import (
    ConnectionOrId,
    connection_id,
    connection_ids,
    gateway_name,
)
from wsrouter.routing.ports import Recipients

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
            gateway=gateway_name(self.gateway, call="send"),
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
            return frozenset({connection_id(self.connection)})
        if self.connections is None:
            return frozenset()
        return connection_ids(self.connections, call="send")

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


def _excluded(exclude: Any) -> tuple[frozenset[str], frozenset[Any]]:
    """The ids of connections and the primary keys of users that are left out."""
    if isinstance(exclude, str | Connection):
        return frozenset({connection_id(exclude)}), frozenset()
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
            ids.add(connection_id(one))
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
