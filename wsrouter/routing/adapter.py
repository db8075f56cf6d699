"""Makes pydantic adapters for the types in a declaration."""

from typing import Any

from pydantic import TypeAdapter
from pydantic.errors import PydanticUserError
from pydantic_core import SchemaError

from wsrouter.errors import DeclarationError


def adapter(annotation: Any, *, name: str, role: str) -> "TypeAdapter[Any]":
    """Raises DeclarationError, with `name` and `role`, for a type that pydantic
    refuses."""
    try:
        return TypeAdapter(annotation)
    except (PydanticUserError, SchemaError, TypeError, NameError) as error:
        raise DeclarationError(
            f"{name}: pydantic takes no {spelled(annotation)} as a {role}: {error}"
        ) from error


def spelled(annotation: Any) -> str:
    """As its author would write it: `Order`, not `<class 'shop.ws.Order'>`."""
    if isinstance(annotation, type) and not getattr(annotation, "__args__", ()):
        return annotation.__qualname__
    return str(annotation).replace("typing.", "")
