"""How an AsyncAPI document differs from an earlier one, in the words of the wire."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from wsrouter.documents.json_schemas import Schema
from wsrouter.documents.operations import CHANNEL, EXTENSION
from wsrouter.documents.schema_difference import (
    Difference,
    Direction,
    SchemaDifference,
)

Document = dict[str, Any]
_NOTES = {
    "summary": "its summary has changed",
    "description": "its description has changed",
    "tags": "its tags have changed",
    "security": "the ways to log in have changed",
}
_HARMLESS = ("throttle", "keep")
_ELSEWHERE = {
    "info": "its title, version or introduction has changed",
    "servers": "its servers have changed",
}


def differences(old: Document, new: Document) -> list[Difference]:
    """The breaking ones first. Empty when the documents say the same."""
    comparison = _Comparison(old, new)
    found = [*comparison.operations(), *comparison.elsewhere()]
    if not found and old != new:
        text = "descriptions, examples or names of models have changed"
        found.append(Difference(where="document", text=text))
    return sorted(found, key=lambda one: not one.is_breaking)


@dataclass(frozen=True, slots=True)
class _Comparison:
    old: Document
    new: Document

    def operations(self) -> Iterator[Difference]:
        before, after = (doc.get("operations", {}) for doc in (self.old, self.new))
        for name in sorted({*before, *after}):
            where = (after.get(name) or before[name]).get("title", name)
            what = "route" if name.startswith("receive.") else "event"
            if name not in after:
                text = f"the {what} is gone"
                yield Difference(where=where, text=text, is_breaking=True)
            elif name not in before:
                yield Difference(where=where, text=f"the {what} is new")
            else:
                yield from self._operation(where, before[name], after[name])

    def elsewhere(self) -> Iterator[Difference]:
        for part, text in _ELSEWHERE.items():
            if self.old.get(part) != self.new.get(part):
                yield Difference(where="document", text=text)
        old, new = (
            doc["components"]["securitySchemes"] for doc in (self.old, self.new)
        )
        if old != new:
            yield Difference(where="document", text="the ways to log in have changed")

    def _operation(
        self, where: str, before: Document, after: Document
    ) -> Iterator[Difference]:
        if before["action"] == "receive":
            yield from self._frame(where, "in", "", self._pair(before, after))
            reply, error = (
                self._pair(before["reply"], after["reply"], position)
                for position in (0, 1)
            )
            yield from self._frame(where, "out", "reply", reply)
            yield from self._errors(where, error)
        else:
            yield from self._frame(where, "out", "payload", self._pair(before, after))
        yield from _notes(where, before, after)

    def _pair(
        self, before: Document, after: Document, position: int = 0
    ) -> tuple[Schema, Schema]:
        """The schemas of the frames that an operation, or its reply, refers to."""
        return (
            _frame_of(self.old, before["messages"][position]),
            _frame_of(self.new, after["messages"][position]),
        )

    def _frame(
        self,
        where: str,
        direction: Direction,
        path: str,
        frames: tuple[Schema, Schema],
    ) -> Iterator[Difference]:
        """With a `path` it is that of the frame's payload."""
        before, after = (
            frame.get("properties", {}).get("payload", {}) if path else frame
            for frame in frames
        )
        yield from self._schemas(where, direction).compare(path, before, after)

    def _errors(
        self, where: str, frames: tuple[Schema, Schema]
    ) -> Iterator[Difference]:
        before, after = (_details(frame["properties"]["error"]) for frame in frames)
        for code in sorted({*before, *after}):
            name = f"the error {code!r}" if code else "any other error"
            if code not in after:
                yield Difference(where=where, text=f"{name} cannot come any more")
            elif code not in before:
                yield Difference(where=where, text=f"{name} is new")
            else:
                yield from self._schemas(where, "out").compare(
                    f"the detail of {code!r}", before[code], after[code]
                )

    def _schemas(self, where: str, direction: Direction) -> SchemaDifference:
        old, new = (doc["components"]["schemas"] for doc in (self.old, self.new))
        return SchemaDifference(where=where, direction=direction, old=old, new=new)


def _frame_of(document: Document, reference: dict[str, str]) -> Schema:
    name = reference["$ref"].rpartition("/messages/")[2]
    frame: Schema = document["channels"][CHANNEL]["messages"][name]["payload"]
    return frame


def _details(error: Schema) -> dict[str, Schema]:
    """The schemas of the details by code; the empty code stands for any."""
    found: dict[str, Schema] = {}
    for choice in error.get("anyOf", [error]):
        code = choice["properties"]["code"]
        listed = code.get("enum") or [code.get("const", "")]
        detail = choice["properties"].get("detail", {})
        found |= dict.fromkeys(listed, detail)
    return found


def _notes(where: str, before: Document, after: Document) -> Iterator[Difference]:
    for name, text in _NOTES.items():
        if before.get(name) != after.get(name):
            yield Difference(where=where, text=text)
    old, new = before.get(EXTENSION, {}), after.get(EXTENSION, {})
    for name in sorted({*old, *new}):
        if old.get(name) != new.get(name):
            text = f"{name} was {old.get(name, 'none')}, is {new.get(name, 'none')}"
            is_breaking = name not in _HARMLESS and name in new
            yield Difference(where=where, text=text, is_breaking=is_breaking)
