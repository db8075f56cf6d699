"""JSON Schemas as TypeScript types."""

import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from wsrouter.catalog.group_names import EXTENSION
from wsrouter.documents.component_names import referenced
from wsrouter.documents.json_schemas import Schema

_IDENTIFIER = re.compile(r"[A-Za-z_$][A-Za-z0-9_$]*")
_SCALARS = {
    "string": "string",
    "number": "number",
    "integer": "number",
    "boolean": "boolean",
    "null": "null",
}
UNKNOWN = "unknown"
INDENT = "  "


@dataclass(frozen=True, slots=True)
class Types:
    """Writes types; `names` are those of the components in TypeScript."""

    names: Mapping[str, str]

    def write(self, schema: Schema, indent: str = "") -> str:
        """The type of a schema, as an expression. Its further lines are indented."""
        if name := referenced(schema):
            return self.names[name]
        for union in ("anyOf", "oneOf"):
            if union in schema:
                return self._union(schema, schema[union], indent)
        if "allOf" in schema:
            parts = [_enclosed(self.write(one, indent)) for one in schema["allOf"]]
            return " & ".join(parts)
        if "const" in schema:
            return _literal(schema["const"])
        if "enum" in schema:
            return _joined(map(_literal, schema["enum"]))
        if EXTENSION in schema:
            return _template(**schema[EXTENSION])
        return self._of_type(schema, indent)

    def members(self, schema: Schema, indent: str) -> Iterator[str]:
        """The lines of an object's members."""
        required = set(schema.get("required", ()))
        for name, member in schema.get("properties", {}).items():
            yield from comment(_notes(member), indent)
            mark = "" if name in required else "?"
            yield f"{indent}{key(name)}{mark}: {self.write(member, indent)};"
        if schema.get("additionalProperties"):
            yield f"{indent}[key: string]: {UNKNOWN};"

    def _of_type(self, schema: Schema, indent: str) -> str:
        listed = schema.get("type", UNKNOWN)
        if isinstance(listed, list):
            choices = ({**schema, "type": one} for one in listed)
            return _joined(self.write(choice, indent) for choice in choices)
        if listed == "array":
            return self._array(schema, indent)
        if listed == "object":
            return self._object(schema, indent)
        return _SCALARS.get(listed, UNKNOWN)

    def _union(self, schema: Schema, choices: list[Schema], indent: str) -> str:
        union = _joined(self.write(choice, indent) for choice in choices)
        needed = schema.get("required", ())
        tags = "; ".join(f"{key(name)}: {UNKNOWN}" for name in needed)
        return f"{_enclosed(union)} & {{ {tags} }}" if tags else union

    def _array(self, schema: Schema, indent: str) -> str:
        items = _enclosed(self.write(schema.get("items") or {}, indent))
        first = schema.get("prefixItems", [])
        if not first:
            return "[]" if schema.get("maxItems") == 0 else f"{items}[]"
        least = schema.get("minItems", 0)
        members = [
            _enclosed(self.write(one, indent)) + ("" if number < least else "?")
            for number, one in enumerate(first)
        ]
        is_open = schema.get("maxItems", len(first) + 1) > len(first)
        rest = [f"...{items}[]"] if is_open and schema.get("items") is not False else []
        return f"[{', '.join([*members, *rest])}]"

    def _object(self, schema: Schema, indent: str) -> str:
        if schema.get("properties"):
            lines = self.members(schema, indent + INDENT)
            return "\n".join(["{", *lines, indent + "}"])
        values = schema.get("additionalProperties")
        if patterns := schema.get("patternProperties"):
            values = {"anyOf": list(patterns.values())}
        if values is None or values is False:
            return "{ [key: string]: never }"
        written = self.write({} if values is True else values, indent)
        names = schema.get("propertyNames", {})
        if names.get("enum") or "const" in names or referenced(names):
            return f"{{ [K in {self.write(names, indent)}]?: {written} }}"
        return f"{{ [key: string]: {written} }}"


def key(name: str) -> str:
    """The name of a member, quoted where it has to be."""
    return name if _IDENTIFIER.fullmatch(name) else json.dumps(name)


def comment(text: str, indent: str = "") -> Iterator[str]:
    """The lines of a doc comment; none for an empty text."""
    if not text:
        return
    lines = text.replace("*/", "*\\/").splitlines()
    if len(lines) == 1:
        yield f"{indent}/** {lines[0]} */"
        return
    yield f"{indent}/**"
    for line in lines:
        yield f"{indent} * {line}".rstrip()
    yield f"{indent} */"


def _notes(schema: Schema) -> str:
    parts = [schema["description"]] if schema.get("description") else []
    if schema.get("default") is not None:
        parts.append(f"@default {json.dumps(schema['default'], ensure_ascii=False)}")
    parts += ["@deprecated"] if schema.get("deprecated") else []
    return "\n".join(parts)


def _template(pattern: str, parameters: Mapping[str, str | list[str]]) -> str:
    """The names of a pattern as a template literal type."""
    escaped = re.sub(r"[`\\]|\$(?=\{)", r"\\\g<0>", pattern)
    for name, kind in parameters.items():
        written = (
            _joined(map(_literal, kind)) if isinstance(kind, list) else _SCALARS[kind]
        )
        escaped = escaped.replace(f"{{{name}}}", f"${{{written}}}", 1)
    return f"`{escaped}`"


def _literal(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False)


def _joined(types: Any) -> str:
    """A union, with each of its types once."""
    return " | ".join(dict.fromkeys(types)) or "never"


def _enclosed(written: str) -> str:
    """In parentheses where an operator would bind closer. Braces and brackets need
    none, unless there is a union beside them."""
    return f"({written})" if _has_operator(written) else written


def _has_operator(written: str) -> bool:
    depth, in_text, previous = 0, False, ""
    for character in written:
        if character == '"' and previous != "\\":
            in_text = not in_text
        elif not in_text and character in "{[(<":
            depth += 1
        elif not in_text and character in "}])>":
            depth -= 1
        elif not in_text and depth == 0 and character in "|&":
            return True
        previous = "" if previous == "\\" else character
    return False
