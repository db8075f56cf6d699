"""Makes pydantic adapters for the types in a declaration."""

import re
from collections.abc import Iterator
from typing import Any, get_args

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
    if isinstance(annotation, type) and not get_args(annotation):
        return annotation.__qualname__
    text = str(annotation).replace("typing.", "")
    for kind in _classes(annotation):
        whole = (
            rf"(?<![\w.]){re.escape(f'{kind.__module__}.{kind.__qualname__}')}(?!\w)"
        )
        text = re.sub(whole, kind.__qualname__, text)
    return text


def _classes(annotation: Any) -> Iterator[type]:
    """Those that are in an annotation, such as `Order` in `list[Order] | None`."""
    for argument in get_args(annotation):
        if isinstance(argument, type):
            yield argument
        yield from _classes(argument)
