"""The JSON Schemas of whole frames: a payload, a reply, an event or errors in the
envelope of a gateway."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from wsrouter.catalog.routes import ErrorSpec
from wsrouter.documents.component_names import REF, resolved
from wsrouter.documents.json_schemas import Schema
from wsrouter.documents.stream_schemas import SINCE, SINCE_EXAMPLE
from wsrouter.options.gateway import Gateway
from wsrouter.wire import selection
from wsrouter.wire.envelope import FLAT_SINCE, ID_BITS, ID_CHARACTERS

ID: Schema = {
    "description": "Chosen by the client; the answer repeats it.",
    "anyOf": [
        {"type": "string", "maxLength": ID_CHARACTERS},
        {
            "type": "integer",
            "minimum": -(2 ** (ID_BITS - 1)),
            "maximum": 2 ** (ID_BITS - 1) - 1,
        },
        {"type": "null"},
    ],
}
EVENT_ID: Schema = {
    "description": "The same for every recipient and when it arrives twice.",
    "type": "string",
    "pattern": "^[0-9a-f]{16}$",
}
PROBLEMS: Schema = {
    "type": "array",
    "items": {
        "type": "object",
        "properties": {
            "loc": {
                "type": "array",
                "items": {"anyOf": [{"type": "string"}, {"type": "integer"}]},
            },
            "msg": {"type": "string"},
            "type": {"type": "string"},
        },
        "required": ["loc", "msg", "type"],
    },
}
RETRY_AFTER: Schema = {
    "type": "object",
    "properties": {"retry_after": {"type": "number", "description": "Seconds."}},
    "required": ["retry_after"],
}
LIBRARY_DETAILS = {"invalid_payload": PROBLEMS, "throttled": RETRY_AFTER}


@dataclass(frozen=True, slots=True)
class Frames:
    """The frames of one gateway. `action` is the member that names the route, None
    where a message names it in another way. `keeps_events`: a message may say how far
    the client has streams."""

    is_flat: bool
    action: str | None
    components: Mapping[str, Schema]
    keeps_events: bool = False

    @classmethod
    def of(
        cls, gateway: Gateway, components: Mapping[str, Schema], *, keeps_events: bool
    ) -> "Frames":
        key = selection.parse(gateway.route_selection_expression).key
        return cls(gateway.envelope == "flat", key, components, keeps_events)

    @property
    def since(self) -> str:
        """The member of a message that asks for what was missed."""
        return FLAT_SINCE if self.is_flat else "since"

    def message(
        self, key: str | None, payload: Schema | None, *, is_optional: bool
    ) -> Schema:
        """What a client sends to the route `key`; None stands for any key."""
        members = {"id": ID}
        if self.action:
            members = {self.action: _action(key), **members}
        if self.keeps_events:
            members[self.since] = {"$ref": REF + SINCE}
        required = [self.action] if self.action and key is not None else []
        if self.is_flat:
            return self._beside(payload or {}, members, required, is_optional)
        if payload is not None:
            members["payload"] = payload
            required += [] if is_optional else ["payload"]
        return _object(members, required)

    def example(self, key: str | None, payload: Any) -> Any:
        """A message with this payload."""
        head = self._example_head(key)
        return {**head, **payload} if self.is_flat else {**head, "payload": payload}

    def example_of_since(self, key: str) -> Any:
        """A message without a payload that asks for what was missed."""
        return {**self._example_head(key), self.since: SINCE_EXAMPLE}

    def _example_head(self, key: str | None) -> dict[str, Any]:
        return {**({self.action: key or ""} if self.action else {}), "id": "1"}

    def _with_members(self, payload: Schema) -> Schema:
        found = dict(payload)
        if names := found.pop("propertyNames", None):
            names = resolved(names, self.components)
            found |= _members_of_names(names, found.get("additionalProperties", True))
        return found

    def _beside(
        self,
        payload: Schema,
        members: Schema,
        required: list[str],
        is_optional: bool = False,
    ) -> Schema:
        """The payload's own members beside those of the envelope."""
        found = self._with_members(resolved(payload, self.components))
        alone = [_closed(members, required)] if is_optional else []
        for union in ("anyOf", "oneOf"):
            if union in found:
                choices = [
                    self._beside(choice, members, required)
                    for choice in found.pop(union)
                    if resolved(choice, self.components).get("type") != "null"
                ]
                return {**found, "anyOf": [*choices, *alone]}
        whole = {
            **found,
            "type": "object",
            "properties": {**members, **found.get("properties", {})},
            "required": [*required, *found.get("required", ())],
        }
        if not whole["required"]:
            del whole["required"]
        return {"anyOf": [whole, *alone]} if alone else whole


def _members_of_names(names: Schema, values: Any) -> Schema:
    """What a dict's values and the names of its members say about its members alone:
    beside the members of an envelope, names cannot be limited as a whole."""
    if "enum" in names or "const" in names:
        listed = names.get("enum") or [names["const"]]
        members: Schema = {"properties": dict.fromkeys(listed, values)}
    else:
        members = {"patternProperties": {names.get("pattern", ""): values}}
    return {**members, "additionalProperties": False}


def reply(key: str | None, payload: Schema) -> Schema:
    members = {"type": {"const": "reply"}, "action": _action(key), "id": ID}
    required = ["type", "payload"] if key is None else ["type", "action", "payload"]
    return _object({**members, "payload": payload}, required)


def event(name: str, payload: Schema) -> Schema:
    members = {"type": {"const": name}, "id": EVENT_ID, "payload": payload}
    return _object(members, ["type", "id", "payload"])


def error(key: str | None, content: Schema) -> Schema:
    """An error frame; `content` is the schema of its `error`."""
    members = {"type": {"const": "error"}, "action": _action(key), "id": ID}
    required = ["type", "error"] if key is None else ["type", "action", "error"]
    return _object({**members, "error": content}, required)


def error_content(
    library_codes: Iterable[str],
    errors: Iterable[ErrorSpec] | None,
    details: Mapping[str, tuple[Schema, bool]],
) -> Schema:
    """What an error says. `details` are the schemas of the details of codes, and
    whether these are always there. Without `errors` any code can come."""
    own = [error.code for error in errors or ()]
    library = [code for code in library_codes if code not in own]
    plain = [code for code in library if code not in LIBRARY_DETAILS]
    choices = [_error(code, details.get(code)) for code in own if code in details]
    choices += [
        _error(code, (LIBRARY_DETAILS[code], False))
        for code in library
        if code in LIBRARY_DETAILS
    ]
    plain += [code for code in own if code not in details]
    choices += [_error(plain, None)] if plain else []
    choices += [_error(None, None)] if errors is None else []
    return choices[0] if len(choices) == 1 else {"anyOf": choices}


def _error(code: str | list[str] | None, detail: tuple[Schema, bool] | None) -> Schema:
    members: dict[str, Any] = {
        "code": _code(code),
        "message": {"type": "string"},
        "retry": {
            "type": "boolean",
            "description": "Whether the same message may succeed later.",
        },
    }
    required = ["code", "message", "retry"]
    if detail:
        members["detail"], is_required = detail
        required += ["detail"] if is_required else []
    return _object(members, required)


def _code(code: str | list[str] | None) -> Schema:
    if code is None:
        return {"type": "string", "description": "A code of the route's own."}
    return {"const": code} if isinstance(code, str) else {"enum": code}


def _action(key: str | None) -> Schema:
    return {"type": "string"} if key is None else {"const": key}


def _object(members: Schema, required: list[str]) -> Schema:
    found = {"type": "object", "properties": members}
    return {**found, "required": required} if required else found


def _closed(members: Schema, required: list[str]) -> Schema:
    return {**_object(members, required), "additionalProperties": False}
