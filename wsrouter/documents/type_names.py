"""Names of types for the components of a document."""

import re
from typing import Any, NamedTuple

_NOT_IN_A_NAME = re.compile(r"[^A-Za-z0-9.]+")


class TypeName(NamedTuple):
    """`short` is the name that the type's author gave it. `qualified` has its module;
    that of a generic type has its module and those of its arguments, `partial` only
    those of its arguments."""

    short: str
    partial: str
    qualified: str


def type_name(kind: Any) -> TypeName:
    """The name of a class; that of a generic one has its arguments."""
    generic = getattr(kind, "__pydantic_generic_metadata__", None) or {}
    if not isinstance(kind, type) or not generic.get("origin"):
        qualified = _plain(_qualified(kind))
        return TypeName(_plain(_short(kind)), qualified, qualified)
    origin, *arguments = (
        type_name(one) if isinstance(one, type) else _of_form(one)
        for one in (generic["origin"], *generic["args"])
    )
    return TypeName(
        "_".join([origin.short, *(name.short for name in arguments)]),
        "_".join([origin.short, *(name.partial for name in arguments)]),
        "_".join([origin.qualified, *(name.qualified for name in arguments)]),
    )


def _of_form(form: Any) -> TypeName:
    """The name of a type that is no class, such as `list[Order]`."""
    spelled = repr(form).replace("typing.", "")
    short = re.sub(r"(?:\w+\.)+(?=\w)", "", spelled.replace("<locals>.", ""))
    return TypeName(_plain(short), _plain(spelled), _plain(spelled))


def _short(kind: Any) -> str:
    return getattr(kind, "__name__", "") or type(kind).__name__


def _qualified(kind: Any) -> str:
    module, name = kind.__module__, getattr(kind, "__qualname__", _short(kind))
    name = name.replace("<locals>.", "")
    return name if module == "builtins" else f"{module}.{name}"


def _plain(name: str) -> str:
    return _NOT_IN_A_NAME.sub("_", name).strip("_") or "Unnamed"
