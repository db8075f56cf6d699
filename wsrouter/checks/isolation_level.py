"""System checks of the database that holds the connections."""

from collections.abc import Mapping
from typing import Any

from django.core.checks import CheckMessage, Error
from django.db import connections

from wsrouter.registry.database import alias

_DEFAULT = "READ COMMITTED"
_ACCEPTED = {_DEFAULT, "READ UNCOMMITTED"}
_OF_A_MYSQL_SERVER = "REPEATABLE READ"
"""Its own default, which it keeps where Django is told not to choose."""


def check_isolation(**_: Any) -> list[CheckMessage]:
    """E024: a level at which groups and repeated handshakes read what was there when
    their transaction began."""
    database = connections[alias()]
    level = isolation_level(database.vendor, database.settings_dict["OPTIONS"])
    if level in _ACCEPTED:
        return []
    return [
        Error(
            f"The database {database.alias!r}, which holds the connections, has the"
            f" isolation level {level}.",
            hint="A connection that closes while it joins a group would leave a member"
            " behind. Use READ COMMITTED, which is Django's default, or route the"
            " models of wsrouter to another database.",
            id="wsrouter.E024",
        )
    ]


def isolation_level(vendor: str, options: Mapping[str, Any]) -> str:
    """The level that the OPTIONS of a database ask for, in upper case. SQLite has one
    writer at a time, which is as good as the default."""
    if "isolation_level" not in options:
        return _DEFAULT
    level = options["isolation_level"]
    if vendor == "mysql":
        return str(level).upper() if level else _OF_A_MYSQL_SERVER
    if vendor == "postgresql" and level is not None:
        from django.db.backends.postgresql.psycopg_any import IsolationLevel

        return str(IsolationLevel(level).name).replace("_", " ")
    return _DEFAULT


CHECKS = (check_isolation,)
