"""The names that clients may join, as documents describe them."""

import re
from collections.abc import Iterable
from enum import Enum
from functools import reduce
from operator import or_
from typing import Annotated, Any, Literal, get_args, get_origin

from pydantic import ConfigDict, Field, WithJsonSchema, create_model

from wsrouter.routing.client_groups import MAX_GROUPS, GroupNames, JoinedGroups
from wsrouter.routing.group import GROUP_CHARACTERS
from wsrouter.routing.group_pattern import SEPARATOR
from wsrouter.routing.group_rule import GroupRule
from wsrouter.routing.presence import Presence, PresenceList

EXTENSION = "x-wsrouter-group"
"""Where the schema of a name says its pattern, and the types of the parameters: a word,
or a list of the texts that one can be."""
_OF_REGULAR_EXPRESSIONS = re.compile(r"[\\^$.|?*+()\[\]{}]")
_OF_SOME: Any = Field(description="Who is in those of the groups that have presence.")
_INTEGER, _TEXT = "(0|-?[1-9][0-9]*)", "[^:]+"


def group_names(rules: Iterable[GroupRule]) -> Any:
    """The payload of `wsrouter.join`, with the patterns that it takes."""
    choices = [_schema(rule) for rule in rules]
    schema = choices[0] if len(choices) == 1 else {"anyOf": choices}
    names = list[Annotated[str, WithJsonSchema(schema)]]
    several = Field(min_length=1, max_length=MAX_GROUPS)
    return create_model(
        GroupNames.__name__,
        __doc__=GroupNames.__doc__,
        __module__=GroupNames.__module__,
        groups=(names, several),
    )


def groups_with_presence(presences: Iterable[Presence[Any]]) -> Any:
    """The reply of `wsrouter.join`, with the lists of who is there."""
    kinds: list[Any] = [PresenceList[presence.model] for presence in presences]  # type: ignore[name-defined]  # generic at run time
    lists: Any = dict[str, reduce(or_, kinds)]  # type: ignore[misc]  # the same
    return create_model(
        JoinedGroups.__name__,
        __config__=ConfigDict(json_schema_extra=_make_presence_optional),
        __doc__=JoinedGroups.__doc__,
        __module__=JoinedGroups.__module__,
        groups=(list[str], ...),
        presence=(lists, _OF_SOME),
    )


def _make_presence_optional(schema: dict[str, Any]) -> None:
    """It is left out where no group has it: pydantic has no word for that."""
    schema["required"].remove("presence")


def _schema(rule: GroupRule) -> dict[str, Any]:
    types = {name: _type(kind) for name, kind in rule.parameters.items()}
    values = list(map(_value, types.values()))
    return {
        "type": "string",
        "maxLength": GROUP_CHARACTERS,
        "pattern": f"^{_expression(rule, values)}$",
        EXTENSION: {"pattern": rule.pattern.text, "parameters": types},
    }


def _type(kind: Any) -> str | list[str]:
    if get_origin(kind) is Annotated:
        return _type(get_args(kind)[0])
    choices = _choices(kind)
    if choices and all(isinstance(choice, str) for choice in choices):
        return [choice for choice in choices if choice and SEPARATOR not in choice]
    return "integer" if kind is int else "string"


def _choices(kind: Any) -> list[Any]:
    """What a parameter can be, if its type says so."""
    if isinstance(kind, type) and issubclass(kind, Enum):
        return [member.value for member in kind]
    return list(get_args(kind)) if get_origin(kind) is Literal else []


def _value(kind: str | list[str]) -> str:
    if isinstance(kind, list):
        return f"({'|'.join(map(_escaped, kind))})"
    return _INTEGER if kind == "integer" else _TEXT


def _escaped(text: str) -> str:
    return _OF_REGULAR_EXPRESSIONS.sub(r"\\\g<0>", text)


def _expression(rule: GroupRule, values: list[str]) -> str:
    escaped = map(_escaped, rule.pattern.texts)
    return "".join(map("".join, zip(escaped, [*values, ""], strict=True)))
