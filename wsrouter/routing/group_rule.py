"""Rules about who may be in the groups of a pattern, declared with `router.group`."""

import inspect
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any
from uuid import UUID

from pydantic import TypeAdapter, ValidationError

from wsrouter.errors import DeclarationError, InvalidValue
from wsrouter.routing.adapter import adapter
from wsrouter.routing.connection import Connection
from wsrouter.routing.flow import Flow, call, call_handler, is_async
from wsrouter.routing.group_pattern import GroupPattern
from wsrouter.routing.permission import Permission, needs_login
from wsrouter.routing.route import rate_of
from wsrouter.routing.signature import (
    check_function,
    check_parameter,
    describe,
    hints_of,
    is_connection,
)
from wsrouter.routing.throttle import Rate

_SPELLED_ONE_WAY = (int, UUID, date)
"""Types of which `str` gives the one spelling that a sender's group name has."""


@dataclass(frozen=True, kw_only=True, slots=True)
class GroupRule:
    """A rule with everything that its declaration decides. `name` is the function's,
    for error messages; `connections` are the parameters that get the Connection,
    `parameters` those that the pattern names, with their types. `throttle` and what the
    routers around it ask for are about clients that join by themselves."""

    pattern: GroupPattern
    function: Callable[..., Any]
    name: str
    connections: tuple[str, ...]
    parameters: Mapping[str, Any]
    adapters: Mapping[str, "TypeAdapter[Any]"]
    is_async: bool
    client_may_join: bool = False
    throttle: Rate | None = None
    login_required: bool = False
    permissions: tuple[Permission, ...] = ()

    @property
    def needs_login(self) -> bool:
        return needs_login(self.login_required, self.permissions)

    def admits(self, connection: Connection, values: Mapping[str, str]) -> Flow[bool]:
        """What the rule says. Raises InvalidValue for values that do not fit the
        annotations, and whatever the rule raises."""
        arguments = {name: self._value(name, text) for name, text in values.items()}
        arguments |= dict.fromkeys(self.connections, connection)
        answer = yield from call_handler(self.function, arguments, self.is_async)
        if isinstance(answer, bool):
            return answer
        return (yield from call(bool, answer))  # a queryset asks the database

    def _value(self, name: str, text: str) -> Any:
        """A sender writes `order:7`: who joins `order:07` would wait in vain."""
        try:
            value = self.adapters[name].validate_strings(text)
        except ValidationError as error:
            problem = error.errors(include_url=False, include_input=False)[0]["msg"]
            raise InvalidValue(f"{name} cannot be {text!r}: {problem}.") from None
        if type(value) in _SPELLED_ONE_WAY and str(value) != text:
            raise InvalidValue(f"{name} cannot be {text!r}: write {value}.")
        return value


def group_rule(
    pattern: str,
    function: Callable[..., Any],
    *,
    client_may_join: bool,
    throttle: str | None,
) -> GroupRule:
    """Raises DeclarationError when the declaration cannot work."""
    name = describe(function)
    check_function(function, name)
    parsed = _parsed(pattern, name)
    hints = hints_of(function, name)
    if hints.get("return", ...) is type(None):
        raise DeclarationError(f"{name} returns nothing: a rule returns True or False.")
    if throttle is not None and not client_may_join:
        raise DeclarationError(
            f"{name}: throttle= is for clients that join by themselves: add"
            " client_may_join=True."
        )
    connections = _connections(function, hints, parsed, name=name)
    return GroupRule(
        pattern=parsed,
        function=function,
        name=name,
        connections=connections,
        parameters={key: hints[key] for key in parsed.parameters},
        adapters={
            key: adapter(hints[key], name=name, role="parameter of a group's name")
            for key in parsed.parameters
        },
        is_async=is_async(function),
        client_may_join=client_may_join,
        throttle=rate_of(throttle, name=name),
    )


def _parsed(pattern: object, name: str) -> GroupPattern:
    if not isinstance(pattern, str):
        raise DeclarationError(f"{name}: a pattern is a string, not {pattern!r}.")
    try:
        return GroupPattern.parse(pattern)
    except ValueError as error:
        raise DeclarationError(
            f"{name}: {pattern!r} is no pattern of group names: {error}"
        ) from error


def _connections(
    function: Callable[..., Any],
    hints: Mapping[str, Any],
    pattern: GroupPattern,
    *,
    name: str,
) -> tuple[str, ...]:
    """The parameters that get the Connection. Raises DeclarationError unless the others
    are those of the pattern."""
    connections: list[str] = []
    missing = list(pattern.parameters)
    for parameter in inspect.signature(function).parameters.values():
        check_parameter(parameter, hints, name=name)
        if is_connection(hints[parameter.name]):
            connections.append(parameter.name)
        elif parameter.name in missing:
            missing.remove(parameter.name)
        else:
            raise DeclarationError(
                f"{name}: parameter {parameter.name!r} is not in the pattern"
                f" {pattern.text!r}, and no Connection."
            )
    if missing:
        raise DeclarationError(
            f"{name} takes no parameter {missing[0]!r}, which its pattern"
            f" {pattern.text!r} has."
        )
    return tuple(connections)
