"""Reads the parameters of a handler, once, when it is declared."""

import inspect
import typing
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from enum import Enum, auto
from functools import partial
from typing import Any

from wsrouter.errors import DeclarationError
from wsrouter.routing.connection import Connection
from wsrouter.routing.flow import is_async
from wsrouter.routing.frame import Disconnected, Frame, Message

_REQUEST = ("django.http.request", "HttpRequest")
"""Compared by name, so that routing works without Django."""


class ParameterKind(Enum):
    """What a handler gets as a parameter."""

    CONNECTION = auto()
    MESSAGE = auto()
    REQUEST = auto()
    DISCONNECTED = auto()
    FRAME = auto()
    ERROR = auto()
    TEXT = auto()
    PAYLOAD = auto()


_KIND_BY_TYPE: Mapping[type, ParameterKind] = {
    Connection: ParameterKind.CONNECTION,
    Message: ParameterKind.MESSAGE,
    Disconnected: ParameterKind.DISCONNECTED,
    Frame: ParameterKind.FRAME,
}


@dataclass(frozen=True, kw_only=True, slots=True)
class Signature:
    """A handler's parameters by name, its payload and its return annotation.

    `...` means that there is none: no payload, no default, or no return annotation.
    """

    name: str
    parameters: Mapping[str, ParameterKind]
    payload: Any = ...
    payload_default: Any = ...
    returns: Any = ...
    is_async: bool = False

    def takes(self, what: ParameterKind) -> bool:
        return what in self.parameters.values()

    def arguments(self, values: Mapping[ParameterKind, Any]) -> dict[str, Any]:
        return {name: values[kind] for name, kind in self.parameters.items()}


def read_signature(
    function: Callable[..., Any], *, allowed: frozenset[ParameterKind]
) -> Signature:
    """The signature of `function`; raises DeclarationError when a parameter is not one
    of `allowed`, has no annotation, or two of them ask for a payload."""
    name = describe(function)
    check_function(function, name)
    hints = hints_of(function, name)
    parameters: dict[str, ParameterKind] = {}
    payload: Any = ...
    default: Any = ...
    for parameter in inspect.signature(function).parameters.values():
        kind = _parameter_kind(parameter, hints, allowed=allowed, name=name)
        if kind is ParameterKind.PAYLOAD:
            _refuse_two(parameters, parameter.name, name)
            payload, default = hints[parameter.name], _default(parameter)
        parameters[parameter.name] = kind
    return Signature(
        name=name,
        parameters=parameters,
        payload=payload,
        payload_default=default,
        returns=hints.get("return", ...),
        is_async=is_async(function),
    )


def _refuse_two(before: Mapping[str, ParameterKind], parameter: str, name: str) -> None:
    """Every annotation that is not known is the payload's, also a misspelt one."""
    for earlier, kind in before.items():
        if kind is ParameterKind.PAYLOAD:
            raise DeclarationError(
                f"{name} has two payload parameters, {earlier!r} and {parameter!r}:"
                " whatever is annotated with another type than Connection, Message or"
                " HttpRequest gets the payload. The user is connection.user."
            )


def check_function(function: Any, name: str) -> None:
    """Raises DeclarationError for an object that is no function, or one that yields."""
    if not callable(function) or inspect.isclass(function):
        raise DeclarationError(f"{name} is not a function.")
    if yields(function):
        raise DeclarationError(f"{name} must return its result, not yield it.")


def yields(function: Any) -> bool:
    """Whether a function is a generator function, async or not."""
    return any(
        inspect.isgeneratorfunction(code) or inspect.isasyncgenfunction(code)
        for code in (function, type(function).__call__)
    )


def describe(function: Any) -> str:
    """The name of a function, or of an object that can be called, with its file and
    line, for error messages."""
    inner = unwrapped(function)
    name = getattr(inner, "__qualname__", repr(inner))
    call = getattr(type(inner), "__call__", None)  # noqa: B004  # its code is wanted
    code = getattr(inner, "__code__", getattr(call, "__code__", None))
    return f"{name} ({code.co_filename}:{code.co_firstlineno})" if code else name


def unwrapped(function: Any) -> Any:
    """The function inside of decorators and of `functools.partial`."""
    inner = inspect.unwrap(function)
    while isinstance(inner, partial):
        inner = inspect.unwrap(inner.func)
    return inner


def hints_of(function: Callable[..., Any], name: str) -> dict[str, Any]:
    """The annotations of a function, resolved; raises DeclarationError."""
    target = function if inspect.isroutine(function) else type(function).__call__
    try:
        return typing.get_type_hints(target, include_extras=True)
    except (NameError, AttributeError, SyntaxError, TypeError) as error:
        raise DeclarationError(
            f"{name} has an annotation that cannot be resolved: {error}."
        ) from error


def check_parameter(
    parameter: inspect.Parameter, hints: Mapping[str, Any], *, name: str
) -> None:
    """Raises DeclarationError for one that cannot be passed by its name, or has no
    annotation."""
    if parameter.kind not in (parameter.POSITIONAL_OR_KEYWORD, parameter.KEYWORD_ONLY):
        raise DeclarationError(
            f"{name}: parameter {str(parameter)!r} cannot be passed by name."
        )
    if parameter.name not in hints:
        raise DeclarationError(
            f"{name}: parameter {parameter.name!r} has no annotation."
        )


def _default(parameter: inspect.Parameter) -> Any:
    return ... if parameter.default is parameter.empty else parameter.default


def _parameter_kind(
    parameter: inspect.Parameter,
    hints: Mapping[str, Any],
    *,
    allowed: frozenset[ParameterKind],
    name: str,
) -> ParameterKind:
    check_parameter(parameter, hints, name=name)
    kind = _kind_of_annotation(hints[parameter.name], allowed)
    if kind not in allowed:
        listed = ", ".join(sorted(kind.name.lower() for kind in allowed))
        raise DeclarationError(
            f"{name}: parameter {parameter.name!r} cannot be filled here."
            f" Possible are: {listed}."
        )
    return kind


def _kind_of_annotation(
    annotation: Any, allowed: frozenset[ParameterKind]
) -> ParameterKind:
    plain = typing.get_args(annotation)[0] if _is_annotated(annotation) else annotation
    if not isinstance(plain, type):
        return ParameterKind.PAYLOAD
    for kind in plain.__mro__:
        if kind in _KIND_BY_TYPE:
            return _KIND_BY_TYPE[kind]
        if (kind.__module__, kind.__qualname__) == _REQUEST:
            return ParameterKind.REQUEST
    if ParameterKind.ERROR in allowed and issubclass(plain, Exception):
        return ParameterKind.ERROR
    return (
        ParameterKind.TEXT
        if ParameterKind.TEXT in allowed and plain is str
        else ParameterKind.PAYLOAD
    )


def is_connection(annotation: Any) -> bool:
    """Whether a parameter with this annotation gets the Connection."""
    return _kind_of_annotation(annotation, frozenset()) is ParameterKind.CONNECTION


def _is_annotated(annotation: Any) -> bool:
    return typing.get_origin(annotation) is typing.Annotated
