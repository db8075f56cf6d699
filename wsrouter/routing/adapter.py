"""Makes pydantic adapters of what a declaration names."""

from typing import Any

from pydantic import TypeAdapter
from pydantic.errors import PydanticUserError
from pydantic_core import SchemaError

from wsrouter.errors import DeclarationError


def adapter(annotation: Any, *, name: str, role: str) -> "TypeAdapter[Any]":
    """Raises DeclarationError, with `name` and `role`, for what pydantic cannot do."""
    try:
        return TypeAdapter(annotation)
    except (PydanticUserError, SchemaError, TypeError, NameError) as error:
        raise DeclarationError(
            f"{name}: pydantic takes no {annotation!r} as a {role}: {error}"
        ) from error
