"""A registered handler as one frozen value."""

import inspect
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from pydantic import TypeAdapter

from wsrouter.errors import DeclarationError
from wsrouter.routing.adapter import adapter
from wsrouter.routing.declared_errors import (
    ErrorDeclaration,
    ErrorDetail,
    declared_errors,
)
from wsrouter.routing.permission import (
    Permission,
    checked_permissions,
    needs_login,
)
from wsrouter.routing.signature import ParameterKind, Signature, read_signature
from wsrouter.routing.throttle import Rate

CONNECT_PARAMETERS = frozenset({ParameterKind.CONNECTION, ParameterKind.REQUEST})
DISCONNECT_PARAMETERS = frozenset(
    {ParameterKind.CONNECTION, ParameterKind.DISCONNECTED}
)
ROUTE_PARAMETERS = frozenset(
    {
        ParameterKind.CONNECTION,
        ParameterKind.MESSAGE,
        ParameterKind.REQUEST,
        ParameterKind.PAYLOAD,
    }
)
DEFAULT_PARAMETERS = ROUTE_PARAMETERS | {ParameterKind.TEXT}
ERROR_PARAMETERS = frozenset(
    {ParameterKind.ERROR, ParameterKind.FRAME, ParameterKind.REQUEST}
)


@dataclass(frozen=True, kw_only=True, slots=True)
class Hook:
    """A `connect` or `disconnect` handler, or an exception handler."""

    function: Callable[..., Any]
    signature: Signature


@dataclass(frozen=True, kw_only=True, slots=True)
class Route:
    """A message handler with everything that its declaration decides. `errors` are its
    own error codes with the models of their details; None: it may answer any code."""

    key: str
    function: Callable[..., Any]
    signature: Signature
    reply: "TypeAdapter[Any]"
    permissions: tuple[Permission, ...] = ()
    login_required: bool = False
    throttle: Rate | None = None
    tags: tuple[str, ...] = ()
    summary: str = ""
    description: str = ""
    errors: Mapping[str, ErrorDetail | None] | None = None

    @property
    def needs_login(self) -> bool:
        return needs_login(self.login_required, self.permissions)

    @property
    def needs_connection(self) -> bool:
        """Whether a message costs a look-up of its connection."""
        by_user = self.throttle is not None and self.throttle.scope == "user"
        return (
            self.signature.takes(ParameterKind.CONNECTION)
            or self.login_required
            or bool(self.permissions)
            or by_user
        )


def hook(function: Callable[..., Any], allowed: frozenset[ParameterKind]) -> Hook:
    return Hook(function=function, signature=read_signature(function, allowed=allowed))


def route(
    key: str,
    function: Callable[..., Any],
    *,
    allowed: frozenset[ParameterKind] = ROUTE_PARAMETERS,
    permissions: Sequence[Permission] = (),
    login_required: bool = False,
    throttle: str | None = None,
    tags: Sequence[str] = (),
    summary: str = "",
    errors: Sequence[ErrorDeclaration] | None = None,
) -> Route:
    """Raises DeclarationError when the declaration cannot work."""
    signature = read_signature(function, allowed=allowed)
    if signature.payload is not ...:
        adapter(signature.payload, name=signature.name, role="payload")
    first_line, rest = _docstring(function)
    return Route(
        key=key,
        function=function,
        signature=signature,
        reply=adapter(
            Any if signature.returns is ... else signature.returns,
            name=signature.name,
            role="reply",
        ),
        permissions=checked_permissions(permissions, name=signature.name),
        login_required=login_required,
        throttle=rate_of(throttle, name=signature.name),
        tags=strings(tags),
        summary=summary or first_line,
        description=f"{first_line}\n\n{rest}".strip() if summary else rest,
        errors=None if errors is None else declared_errors(errors, name=signature.name),
    )


def strings(many: str | Sequence[str]) -> tuple[str, ...]:
    """One string counts as a list of one, not as its letters."""
    return (many,) if isinstance(many, str) else tuple(many)


def rate_of(throttle: str | None, *, name: str) -> Rate | None:
    """Raises DeclarationError for a text that is no rate."""
    try:
        return Rate.parse(throttle) if throttle is not None else None
    except ValueError as error:
        raise DeclarationError(f"{name}: {error}") from error


def _docstring(function: Callable[..., Any]) -> tuple[str, str]:
    """The first line of the docstring, and the rest."""
    text = inspect.cleandoc(getattr(function, "__doc__", None) or "")
    first_line, _, rest = text.partition("\n")
    return first_line, rest.strip()
