"""The error codes that `route(..., errors=...)` declares."""

from collections.abc import Mapping, Sequence
from typing import Any

from pydantic import TypeAdapter

from wsrouter.errors import DeclarationError
from wsrouter.routing.adapter import adapter

ErrorDeclaration = str | tuple[str, Any]
"""A code, or a code and the model of its detail."""


class ErrorDetail:
    """The model of an error's detail."""

    def __init__(self, model: Any, *, name: str) -> None:
        self.model = model
        self.adapter: TypeAdapter[Any] = adapter(model, name=name, role="detail")


def declared_errors(
    errors: Sequence[Any], *, name: str
) -> Mapping[str, ErrorDetail | None]:
    """The codes, with the model of their detail where there is one; raises
    DeclarationError."""
    found: dict[str, ErrorDetail | None] = {}
    for declared in (errors,) if isinstance(errors, str) else errors:
        code, *models = declared if isinstance(declared, tuple) else (declared,)
        if not isinstance(code, str) or not code or len(models) > 1:
            raise DeclarationError(
                f"{name}: errors= lists codes, and pairs of a code and the model of its"
                f" detail, not {declared!r}."
            )
        if code in found:
            raise DeclarationError(f"{name}: errors= lists {code!r} twice.")
        found[code] = ErrorDetail(models[0], name=name) if models else None
    return found
