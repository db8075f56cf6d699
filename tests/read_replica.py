"""A router that sends what the package reads to a replica, and no test may touch that.

    WSROUTER_TEST_REPLICA=1 pytest -m database

The replica of a real project lags behind. Whatever must see what was just written (who
a connection is, that its session has ended, tickets, groups, queued sends) is read from
the database that is written to, so that nothing is left for the replica. Django's own
reads, and those of the tests, are not sent there: tests/django/test_read_replica.py has
those.
"""

import sys
from types import FrameType
from typing import Any

from django.contrib.auth import get_user_model

NOT_OURS = {
    "wsrouter.registry.user_keys",
    "wsrouter.routing.compiled_route",
    "wsrouter.routing.json_values",
}
"""Modules that evaluate what an application has made: querysets of users, lazy replies.
Where those read, it says."""
COMPARES = {"wsrouter.auth.cookie_session"}
"""Asks whether the replica has got a user yet."""
AS_DJANGO = {"wsrouter.wiring.handshake_session", "wsrouter.wiring.handshake_user"}
"""Read in Django's place, from where Django would."""


class Router:
    """Not those of the tests, which ask for what they have just written."""

    def db_for_read(self, model: type[Any], **hints: Any) -> str | None:
        is_ours = model._meta.app_label in {"wsrouter", "sessions"}
        if not is_ours and model is not get_user_model():
            return None
        asking = _asking_module(sys._getframe(1))
        is_package = (
            asking.startswith("wsrouter.")
            and asking not in NOT_OURS | COMPARES | AS_DJANGO
        )
        return "replica" if is_package else None

    def db_for_write(self, model: type[Any], **hints: Any) -> str:
        return "default"

    def allow_migrate(self, db: str, *_: Any, **hints: Any) -> bool:
        return db == "default"


def _asking_module(frame: FrameType | None) -> str:
    """The module that evaluates a queryset: the nearest one that is not of the ORM."""
    while frame is not None:
        name = str(frame.f_globals.get("__name__", ""))
        if name != __name__ and not name.startswith("django.db."):
            return name
        frame = frame.f_back
    return ""
