"""What `router.presence` checks when it is called."""

import inspect
import typing
from collections.abc import Callable, Collection, Iterable, Sequence
from typing import Any

from wsrouter.errors import DeclarationError
from wsrouter.routing.adapter import spelled
from wsrouter.routing.group_pattern import GroupPattern
from wsrouter.routing.signature import check_function, describe, hints_of

_LISTS = (list, Sequence, Collection, Iterable)


def parsed_groups(groups: object, where: str) -> GroupPattern:
    """Raises DeclarationError for what is no pattern of group names."""
    if not isinstance(groups, str):
        raise DeclarationError(
            f'{where}: write groups="room:{{name}}", a pattern of group names, not'
            f" {groups!r}."
        )
    try:
        return GroupPattern.parse(groups)
    except ValueError as error:
        raise DeclarationError(
            f"{where}: {groups!r} is no pattern of group names: {error}"
        ) from error


def member_parameter(of: Callable[..., Any], model: Any, where: str) -> str:
    """The name of the parameter that takes the users. Raises DeclarationError for a
    function that cannot make a list of members out of a list of users."""
    name = describe(of)
    check_function(of, name)
    needed = f"write def {_plain_name(of)}(users: list[User]) -> list[{spelled(model)}]"
    taken = [
        parameter
        for parameter in inspect.signature(of).parameters.values()
        if parameter.default is parameter.empty
    ]
    if len(taken) != 1 or taken[0].kind not in (
        inspect.Parameter.POSITIONAL_OR_KEYWORD,
        inspect.Parameter.KEYWORD_ONLY,
    ):
        raise DeclarationError(
            f"{where}: {name} has to take one thing, the list of users: {needed}."
        )
    hints = hints_of(of, name)
    if not _is_list(hints.get(taken[0].name, list)):
        given = spelled(hints[taken[0].name])
        raise DeclarationError(
            f"{where}: {name} gets all users at once, not {given}: {needed}."
        )
    _check_return(hints.get("return", list), model, f"{where}: {name}", needed)
    return taken[0].name


def _check_return(returned: Any, model: Any, name: str, needed: str) -> None:
    arguments = typing.get_args(returned)
    if not _is_list(returned) or (arguments and arguments != (model,)):
        raise DeclarationError(f"{name} returns {spelled(returned)}: {needed}.")


def _is_list(annotation: Any) -> bool:
    return annotation is Any or (typing.get_origin(annotation) or annotation) in _LISTS


def _plain_name(of: Callable[..., Any]) -> str:
    return getattr(of, "__name__", "members").strip("<>") or "members"
