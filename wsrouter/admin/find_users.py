"""The users whom a search names: by user name, by its beginning, or by primary key."""

from typing import Any

from django.contrib.auth import get_user_model
from django.db import connections
from django.db.models import Q

from wsrouter.registry.database import alias
from wsrouter.registry.user_keys import user_key

MOST = 20
"""Users that a page offers."""
_LAST = "\U0010ffff"


def find_users(text: str) -> list[Any]:
    """Those with this primary key or user name; without any, up to MOST whose name
    begins with it. Lower and upper case are different where they are to the database.
    `pk:` before the text finds primary keys only.
    """
    if not text:
        return []
    if text.startswith("pk:"):
        return list(_users().filter(_has_key(text.removeprefix("pk:"))))
    name = get_user_model().USERNAME_FIELD
    found = _users().filter(Q(**{name: text}) | _has_key(text))[:MOST]
    return list(found) or list(_users().filter(_begins(name, text))[:MOST])


def _has_key(text: str) -> Q:
    try:
        return Q(pk=user_key(text))
    except TypeError:
        return Q(pk__in=())


def _begins(name: str, text: str) -> Q:
    """On PostgreSQL, Django makes an index for this; other databases find the beginning
    in the index of the name itself."""
    beginning = Q(**{f"{name}__startswith": text})
    if connections[alias()].vendor == "postgresql":
        return beginning
    return beginning & Q(**{f"{name}__gte": text, f"{name}__lte": text + _LAST})


def _users() -> Any:
    """Also those whom the default manager hides: their connections are looked for."""
    users = get_user_model()._base_manager.using(alias())
    return users.order_by(get_user_model().USERNAME_FIELD)
