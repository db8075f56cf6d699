"""Groups that clients join and leave by themselves, where a group rule lets them."""

from typing import Annotated

from pydantic import BaseModel, Field

from wsrouter.errors import MessageError
from wsrouter.routing.connection import Connection
from wsrouter.routing.flow import run_sync
from wsrouter.routing.group import GROUP_CHARACTERS
from wsrouter.routing.ports import GroupRules

MAX_GROUPS = 50
"""Names in one message; each costs a question to its rule."""
Name = Annotated[str, Field(min_length=1, max_length=GROUP_CHARACTERS)]


class GroupNames(BaseModel):
    """Names of groups that clients join and leave by themselves."""

    groups: list[Name] = Field(min_length=1, max_length=MAX_GROUPS)


class RefusedGroup(BaseModel):
    """The group that a refusal is about."""

    group: str


class JoinedGroups(BaseModel):
    """The groups that were joined."""

    groups: list[str]


class LeftGroups(BaseModel):
    """The groups that were left."""

    groups: list[str]


def join(payload: GroupNames, connection: Connection) -> JoinedGroups:
    """Join groups, all of them or none.

    `permission_denied` and `not_found` name the group that was refused.
    """
    run_sync(_rules(connection).check_client(connection, payload.groups))
    groups = list(dict.fromkeys(payload.groups))
    connection.join_unasked(groups)
    return JoinedGroups(groups=groups)


def leave(payload: GroupNames, connection: Connection) -> LeftGroups:
    """Leave groups. Leaving a group that was not joined is no error."""
    _rules(connection).check_leaving(payload.groups)
    groups = list(dict.fromkeys(payload.groups))
    connection.leave_all(groups)
    return LeftGroups(groups=groups)


def _rules(connection: Connection) -> GroupRules:
    if (rules := connection.group_rules) is None:
        raise MessageError("permission_denied", "No group is known.")
    return rules
