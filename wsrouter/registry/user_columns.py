"""The columns of the user model, which compiled queries read beside others."""

from collections.abc import Sequence
from functools import cache
from typing import Any

from django.db.models import Model
from django.db.models.signals import post_init, pre_init

from wsrouter.identity import hashes_as_django

_NEEDED = "password", "is_active"


@cache
def names(model: type[Any]) -> Sequence[str]:
    """The columns that a user is made of, in their order."""
    return [each.attname for each in model._meta.concrete_fields]


def user_of(model: Any, values: Sequence[Any], *, using: str) -> Any:
    """The user with these values of all columns."""
    return model.from_db(using, names(model), values)


def unneeded(model: type[Any]) -> tuple[str, ...]:
    """The columns, as a query of connections names them, that do not tell whether an
    identity still holds. None where code of the project looks at users as they are
    made: each column that it misses would cost a query."""
    is_watched = any(signal.has_listeners(model) for signal in (pre_init, post_init))
    return () if is_watched else _unneeded(model)  # type: ignore[arg-type]  # a type is hashable


@cache
def _unneeded(model: type[Any]) -> tuple[str, ...]:
    is_made_as_usual = (
        model.__init__ is Model.__init__
        and model.from_db.__func__ is Model.from_db.__func__  # type: ignore[attr-defined]
    )
    if not (is_made_as_usual and hashes_as_django(model)):  # type: ignore[arg-type]  # a type is hashable
        return ()
    fields = {each.name: each for each in model._meta.concrete_fields}
    if not fields.keys() >= set(_NEEDED):
        return ()
    others = (name for name, each in fields.items() if not each.primary_key)
    return tuple(f"user__{name}" for name in others if name not in _NEEDED)
