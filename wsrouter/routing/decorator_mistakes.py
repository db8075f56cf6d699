"""Clear errors for decorators that are written wrongly."""

from collections.abc import Callable
from functools import wraps
from typing import Any, TypeVar, cast

from wsrouter.errors import DeclarationError
from wsrouter.routing.signature import describe

F = TypeVar("F", bound=Callable[..., Any])


def without_parentheses(method: F) -> F:
    """Raise a clear error for `@router.connect()`; Python's own TypeError would not
    name the mistake."""

    @wraps(method)
    def checked(router: Any, *functions: Any) -> Any:
        if len(functions) != 1:
            raise DeclarationError(
                f"Write @router.{method.__name__}, without parentheses, above a"
                " function."
            )
        return method(router, *functions)

    return cast(F, checked)


def refuse_function(given: object, right: str) -> None:
    """Raise DeclarationError for `@router.route` without its argument."""
    if callable(given):
        raise DeclarationError(f"{describe(given)}: write @router.{right}.")


def check_exception(kind: object) -> None:
    """Raises DeclarationError unless it is a class of exceptions."""
    if not (isinstance(kind, type) and issubclass(kind, Exception)):
        raise DeclarationError(
            f"{describe(kind)}: write @router.exception_handler(<an Exception>)."
        )
