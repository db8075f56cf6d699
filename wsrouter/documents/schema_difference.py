"""How the schema of a payload has changed, and whether that breaks clients."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

from wsrouter.documents.alternatives import Alternatives, alternatives, covers
from wsrouter.documents.json_schemas import Schema

Direction = Literal["in", "out"]
"""What clients send, or what they get."""
_MINIMA = ("minimum", "exclusiveMinimum", "minLength", "minItems", "minProperties")
_MAXIMA = ("maximum", "exclusiveMaximum", "maxLength", "maxItems", "maxProperties")
_OTHER_LIMITS = ("pattern", "multipleOf", "uniqueItems")
_INNER = {"items": "[]", "additionalProperties": ".*"}
_LISTED = 4


@dataclass(frozen=True, kw_only=True, slots=True)
class Difference:
    """A sentence about one route or event, and whether clients break."""

    where: str
    text: str
    is_breaking: bool = False

    def __str__(self) -> str:
        breaking = "BREAKING " if self.is_breaking else ""
        return f"{breaking}{self.where}: {self.text}"


@dataclass(frozen=True, kw_only=True)
class SchemaDifference:
    """Compares the schemas of one payload in two documents; `old` and `new` are the
    components of these."""

    where: str
    direction: Direction
    old: Mapping[str, Schema]
    new: Mapping[str, Schema]
    _seen: set[tuple[Any, Any]] = field(default_factory=set, init=False)

    def compare(self, path: str, before: Schema, after: Schema) -> Iterator[Difference]:
        """The differences at `path`, such as `payload.order_id`, and below it."""
        if self._was_compared(before.get("$ref"), after.get("$ref")):
            return
        old = alternatives(before, self.old)
        new = alternatives(after, self.new)
        if difference := self._of_kinds(path, old, new):
            yield difference
        for kind in old:
            if kind in new:
                yield from self._below(path, old[kind], new[kind])

    def _was_compared(self, before: Any, after: Any) -> bool:
        """Models contain themselves, also inside of unions."""
        if not before or not after:
            return False
        is_known = (before, after) in self._seen
        self._seen.add((before, after))
        return is_known

    def _of_kinds(
        self, path: str, old: Alternatives, new: Alternatives
    ) -> Difference | None:
        gone = [kind for kind in old if kind not in new]
        added = [kind for kind in new if kind not in old]
        if not gone and not added:
            return None
        if max(len(old), len(new)) <= _LISTED:
            text = f"was {_listed(old)}, is {_listed(new)}"
        else:
            parts = [f"is no longer {_listed(gone)}"] if gone else []
            parts += [f"may also be {_listed(added)}"] if added else []
            text = ", ".join(parts)
        narrower, wider = (new, old) if self.direction == "in" else (old, new)
        is_breaking = not all(covers(narrower, kind) for kind in wider)
        return self._difference(f"{path} {text}", is_breaking)

    def _below(self, path: str, before: Schema, after: Schema) -> Iterator[Difference]:
        yield from self._limits(path, before, after)
        yield from self._fields(path, before, after)
        for name, step in _INNER.items():
            if name not in before and name not in after:
                continue
            yield from self._compare_if_any(
                path + step, before.get(name), after.get(name)
            )
        positions = before.get("prefixItems", []), after.get("prefixItems", [])
        if len(positions[0]) != len(positions[1]):
            text = f"{path} had {len(positions[0])} items, has {len(positions[1])}"
            yield self._difference(text, True)
        for number, pair in enumerate(zip(*positions, strict=False)):
            yield from self.compare(f"{path}[{number}]", *pair)

    def _compare_if_any(
        self, path: str, before: Any, after: Any
    ) -> Iterator[Difference]:
        """A missing schema, and True, accept anything; False accepts nothing."""
        old, new = ({} if one in (None, True) else one for one in (before, after))
        if isinstance(old, dict) and isinstance(new, dict):
            yield from self.compare(path, old, new)
        elif old != new:
            is_open = new is not False
            text = "may have any name now" if is_open else "can have no other name now"
            breaks = is_open if self.direction == "out" else not is_open
            yield self._difference(f"{path} {text}", breaks)

    def _fields(self, path: str, before: Schema, after: Schema) -> Iterator[Difference]:
        old, new = before.get("properties", {}), after.get("properties", {})
        if old and new and self._was_compared(id(old), id(new)):
            return
        needed = [set(schema.get("required", ())) for schema in (before, after)]
        is_input = self.direction == "in"
        for name in old:
            where = f"{path}.{name}" if path else name
            if name not in new:
                yield self._difference(
                    f"{where} is gone", not is_input or name in needed[0]
                )
                continue
            was, is_ = name in needed[0], name in needed[1]
            if was != is_:
                words = {True: "required", False: "optional"}
                text = f"{where} was {words[was]}, is {words[is_]}"
                yield self._difference(text, is_ if is_input else was)
            yield from self.compare(where, old[name], new[name])
        for name in new:
            if name not in old:
                where = f"{path}.{name}" if path else name
                is_required = name in needed[1]
                text = f"{where} is new" + (" and required" if is_required else "")
                yield self._difference(text, is_input and is_required)

    def _limits(self, path: str, before: Schema, after: Schema) -> Iterator[Difference]:
        for name in (*_MINIMA, *_MAXIMA, *_OTHER_LIMITS):
            old, new = before.get(name), after.get(name)
            if old == new:
                continue
            text = f"{path}: {name} was {_spelled(old)}, is {_spelled(new)}"
            is_breaking = self.direction == "in" and _is_stricter(name, old, new)
            yield self._difference(text, is_breaking)

    def _difference(self, text: str, is_breaking: bool) -> Difference:
        return Difference(where=self.where, text=text, is_breaking=is_breaking)


def _is_stricter(name: str, old: Any, new: Any) -> bool:
    if new is None or old is None:
        return new is not None
    if name in _MINIMA:
        return bool(new > old)
    return bool(new < old) if name in _MAXIMA else True


def _spelled(limit: Any) -> str:
    return "none" if limit is None else str(limit)


def _listed(kinds: Any) -> str:
    return " or ".join(kinds) or "nothing"
