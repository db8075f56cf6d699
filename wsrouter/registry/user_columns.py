"""The columns of the user model, which compiled queries read beside others."""

from collections.abc import Sequence
from functools import cache
from typing import Any


@cache
def names(model: type[Any]) -> Sequence[str]:
    """The columns that a user is made of, in their order."""
    return [each.attname for each in model._meta.concrete_fields]


def user_of(model: Any, values: Sequence[Any], *, using: str) -> Any:
    """The user with these values of all columns."""
    return model.from_db(using, names(model), values)
