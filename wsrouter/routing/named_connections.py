"""Connections and gateways as an application names them in a call."""

from collections.abc import Iterable
from itertools import islice

from wsrouter.errors import InvalidValue
from wsrouter.routing.connection import Connection

MAX_CONNECTIONS = 100_000
"""Connections of one call. They are all held in memory, and in the row of a queued
send."""
ConnectionOrId = Connection | str


def connection_id(one: object) -> str:
    """The id of a connection, or the id itself. Raises TypeError for anything else, and
    InvalidValue for an id that cannot be one."""
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


def connection_ids(many: object, *, call: str) -> frozenset[str]:
    """The same for an iterable. Raises ValueError for more than MAX_CONNECTIONS."""
    if isinstance(many, str | Connection) or not isinstance(many, Iterable):
        raise TypeError(
            f"{call}(connections=...) takes several connections or ids, not a"
            f" {type(many).__name__}; connection= takes one."
        )
    ids = frozenset(islice(map(connection_id, many), MAX_CONNECTIONS + 1))
    if len(ids) > MAX_CONNECTIONS:
        raise ValueError(
            f"{call}(connections=...) has more than {MAX_CONNECTIONS} connections: let"
            " them join a group, and send to that."
        )
    return ids


def gateway_name(given: object, *, call: str) -> str:
    """The name of a gateway, empty for None. An empty one is a mistake, not every
    gateway: raises TypeError."""
    if given is None:
        return ""
    if not isinstance(given, str) or not given:
        raise TypeError(
            f"{call}(gateway=...) takes the name of a gateway, not {given!r}; without"
            " it, all of them are meant."
        )
    return given
