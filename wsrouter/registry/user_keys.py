"""From users, as an application names them, to the primary keys that rows hold."""

from collections.abc import Iterable
from decimal import Decimal
from itertools import islice
from typing import Any

from django.contrib.auth import get_user_model
from django.core.exceptions import ValidationError
from django.db.models import Model, QuerySet
from django.db.models.query import FlatValuesListIterable, ModelIterable

from wsrouter.identity import primary_key

MAX_USERS = 100_000
"""Users of one call. They are all held in memory, and in the row of a queued send."""


def user_key(user: Any) -> Any:
    """The primary key of one user, or of a primary key itself, in the type of the user
    model's field.

    Raises TypeError for everything else: an object of another model has a primary key
    too, which may be that of a stranger. Raises ValueError for a user who is not
    stored, such as an AnonymousUser.
    """
    if isinstance(user, Model) and not isinstance(user, get_user_model()):
        raise TypeError(
            f"A user is expected, or a primary key, not {_named(user)}: it is no"
            f" {get_user_model().__name__}."
        )
    if _is_user(user):
        if (key := primary_key(user)) is None:
            raise ValueError("A user who is stored is expected, not an anonymous one.")
        return _checked(key)
    if isinstance(user, Iterable) and not isinstance(user, str | bytes):
        raise TypeError(
            f"One user is expected, or a primary key, not {_named(user)}; users= takes"
            " several."
        )
    return _checked(user)


def user_keys(users: Any) -> frozenset[Any]:
    """The primary keys of an iterable of users or primary keys, or of a queryset, which
    is read in one query. Raises as `user_key` does, and ValueError for more than
    MAX_USERS."""
    is_one = isinstance(users, str | bytes) or _is_user(users)
    if is_one or not isinstance(users, Iterable):
        raise TypeError(
            f"users= takes an iterable or a queryset of users, not {_named(users)};"
            " user= takes one."
        )
    keys = frozenset(islice(_keys(users), MAX_USERS + 1))
    if len(keys) > MAX_USERS:
        raise ValueError(
            f"users= has more than {MAX_USERS} users: let their connections join a"
            " group, and send to that."
        )
    return keys


def _keys(users: Iterable[Any]) -> Iterable[Any]:
    if not isinstance(users, QuerySet) or users._result_cache is not None:
        return map(user_key, users)
    kind = users._iterable_class
    if issubclass(kind, FlatValuesListIterable):
        return map(user_key, users[: MAX_USERS + 1])
    if not issubclass(kind, ModelIterable):
        raise TypeError("users= takes no values(): use values_list('pk', flat=True).")
    if not issubclass(users.model, get_user_model()):
        raise TypeError(
            f"users= takes a queryset of {get_user_model().__name__}, not of"
            f" {users.model.__name__}."
        )
    name = get_user_model()._meta.pk.name
    return users.values_list(name, flat=True)[: MAX_USERS + 1]


def _is_user(value: Any) -> bool:
    """Asked before whether it is iterable: the lazy `request.user` seems to be."""
    if isinstance(value, type):
        return False
    return isinstance(value, Model) or hasattr(value, "is_authenticated")


def _checked(key: Any) -> Any:
    """A primary key in the type of its field: `"7"` and 7 are the same user. None is no
    key: a query for it would find the anonymous connections."""
    field: Any = get_user_model()._meta.pk
    while field.remote_field:  # has neither a range nor a length of its own
        field = field.target_field
    try:
        if key is None or isinstance(key, bool | float | Decimal | type):
            raise TypeError
        found = field.to_python(key)
        field.run_validators(found)  # such as the range of the column
    except (ValidationError, TypeError, ValueError):
        raise TypeError(f"A user is expected, or a primary key, not {key!r}.") from None
    return found


def _named(value: Any) -> str:
    """The type alone: the text of an object may be long, or query the database."""
    return f"a {type(value).__name__}"
