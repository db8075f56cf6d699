"""The names that clients may join, as documents describe them."""

import re
from collections.abc import Iterable
from typing import Annotated, Any

from pydantic import Field, WithJsonSchema, create_model

from wsrouter.routing.client_groups import MAX_GROUPS, GroupNames
from wsrouter.routing.group import GROUP_CHARACTERS
from wsrouter.routing.group_rule import GroupRule

EXTENSION = "x-wsrouter-group"
"""Where the schema of a name says its pattern, and the types of the parameters."""
_OF_REGULAR_EXPRESSIONS = re.compile(r"[\\^$.|?*+()\[\]{}]")
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


def _schema(rule: GroupRule) -> dict[str, Any]:
    types = {
        name: "integer" if kind is int else "string"
        for name, kind in rule.parameters.items()
    }
    values = (_INTEGER if kind == "integer" else _TEXT for kind in types.values())
    return {
        "type": "string",
        "maxLength": GROUP_CHARACTERS,
        "pattern": f"^{_expression(rule, list(values))}$",
        EXTENSION: {"pattern": rule.pattern.text, "parameters": types},
    }


def _expression(rule: GroupRule, values: list[str]) -> str:
    texts = rule.pattern.texts
    escaped = [_OF_REGULAR_EXPRESSIONS.sub(r"\\\g<0>", text) for text in texts]
    return "".join(map("".join, zip(escaped, [*values, ""], strict=True)))
