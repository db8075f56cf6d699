"""What a route asks of its callers: permissions of Django, and functions."""

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from wsrouter.errors import DeclarationError
from wsrouter.routing.signature import yields


@dataclass(frozen=True, slots=True, init=False)
class AnyOf:
    """Permissions of which one is enough: `permissions=[AnyOf("orders.view_order",
    "orders.change_order")]`. Each is of a form that `permissions` takes."""

    permissions: "tuple[Permission, ...]"

    def __init__(self, *permissions: "Permission") -> None:
        object.__setattr__(self, "permissions", permissions)


Permission = str | Callable[..., Any] | AnyOf
"""A Django permission, a function of the connection that says yes or no, or several of
them of which one is enough."""


def needs_login(login_required: bool, permissions: Iterable[Permission]) -> bool:
    """Whether anonymous users are refused before any permission is asked. A permission
    that is a function decides about them itself."""
    return login_required or any(map(_needs_login, permissions))


def _needs_login(permission: Permission) -> bool:
    if isinstance(permission, AnyOf):
        return all(map(_needs_login, permission.permissions))
    return isinstance(permission, str)


def checked_permissions(
    permissions: Permission | Sequence[Permission], *, name: str
) -> tuple[Permission, ...]:
    """One permission counts as a list of one."""
    several = isinstance(permissions, Iterable) and not callable(permissions)
    one = isinstance(permissions, str) or not several
    listed = (permissions,) if one else tuple(permissions)  # type: ignore[arg-type]
    for permission in _leaves(listed, name):
        if not _can_decide(permission):
            raise DeclarationError(
                f"{name}: the permission {permission!r} is neither of the form"
                " 'app_label.codename' nor a function of the connection that returns"
                " yes or no."
            )
    return listed  # type: ignore[return-value]


def _leaves(permissions: Iterable[Any], name: str) -> Iterator[Any]:
    """The permissions themselves, out of every AnyOf."""
    for permission in permissions:
        if not isinstance(permission, AnyOf):
            yield permission
        elif permission.permissions:
            yield from _leaves(permission.permissions, name)
        else:
            raise DeclarationError(f"{name}: AnyOf() without a permission lets no one.")


def _can_decide(permission: object) -> bool:
    """An instance of a class and a generator count as true: they let everybody in."""
    if isinstance(permission, str):
        return "." in permission
    is_class = isinstance(permission, type)
    return callable(permission) and not is_class and not yields(permission)
