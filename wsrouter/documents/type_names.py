"""Names of types for the components of a document."""

import re
from typing import Any, NamedTuple

_NOT_IN_A_NAME = re.compile(r"[^A-Za-z0-9.]+")


class TypeName(NamedTuple):
    """`short` is the name that the type's author gave it, `qualified` has the modules
    of the type and of its arguments as well."""

    short: str
    qualified: str


def type_name(kind: Any) -> TypeName:
    """The name of a class; that of a generic one has its arguments."""
    generic = getattr(kind, "__pydantic_generic_metadata__", None) or {}
    if not isinstance(kind, type) or not generic.get("origin"):
        return TypeName(_plain(_short(kind)), _plain(_qualified(kind)))
    names = [
        type_name(argument) if isinstance(argument, type) else _of_form(argument)
        for argument in (generic["origin"], *generic["args"])
    ]
    return TypeName(
        "_".join(name.short for name in names),
        "_".join(name.qualified for name in names),
    )


def _of_form(form: Any) -> TypeName:
    """The name of a type that is no class, such as `list[Order]`."""
    spelled = repr(form).replace("typing.", "")
    short = re.sub(r"(?:\w+\.)+(?=\w)", "", spelled.replace("<locals>.", ""))
    return TypeName(_plain(short), _plain(spelled))


def _short(kind: Any) -> str:
    return getattr(kind, "__name__", "") or type(kind).__name__


def _qualified(kind: Any) -> str:
    module, name = kind.__module__, getattr(kind, "__qualname__", _short(kind))
    name = name.replace("<locals>.", "")
    return name if module == "builtins" else f"{module}.{name}"


def _plain(name: str) -> str:
    return _NOT_IN_A_NAME.sub("_", name).strip("_") or "Unnamed"
