"""Patterns of group names: `order:{order_id}` stands for `order:7`."""

import keyword
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from itertools import chain

from wsrouter.errors import InvalidValue
from wsrouter.routing.group import checked_group

SEPARATOR = ":"
"""Never a part of a parameter, which is one or more other characters."""
Tokens = tuple[str, ...]
_BRACED = re.compile(r"\{([^{}]*)\}")
_ONE, _ANY = "one", "any"
"""A token is a letter, or stands for one character or for any number of them."""


@dataclass(frozen=True, slots=True)
class Segment:
    """What is between two separators: parameters, and the text around each of them. A
    text may be empty at the two ends only."""

    texts: tuple[str, ...]
    parameters: tuple[str, ...]

    def values(self, given: str) -> tuple[str, ...] | None:
        """What the parameters stand for; None when `given` does not fit. Raises
        InvalidValue when there are two ways to read it: the one that a rule is asked
        about need not be the one that the sender means."""
        first = _leftmost(self.texts, given)
        if first is None or len(self.parameters) < 2:
            return first
        mirrored = _leftmost([t[::-1] for t in reversed(self.texts)], given[::-1])
        last = tuple(value[::-1] for value in reversed(mirrored or ()))
        if first != last:
            raise InvalidValue(
                f"{given!r} can be read in more than one way as {self.spelled()!r}."
            )
        return first

    def spelled(self) -> str:
        names = (f"{{{name}}}" for name in self.parameters)
        return "".join(chain(*zip(self.texts, [*names, ""], strict=True)))

    def tokens(self) -> Tokens:
        first, *others = self.texts
        return (*first, *chain(*((_ONE, _ANY, *text) for text in others)))


@dataclass(frozen=True, slots=True)
class GroupPattern:
    """A pattern, read once when it is declared."""

    text: str
    segments: tuple[Segment, ...]

    @classmethod
    def parse(cls, text: str) -> "GroupPattern":
        """Raises ValueError for a text that is no pattern."""
        checked_group(text)
        segments = tuple(map(_segment, text.split(SEPARATOR)))
        pattern = cls(text, segments)
        names = pattern.parameters
        if twice := next((name for name in names if names.count(name) > 1), None):
            raise ValueError(f"{twice!r} is in it twice.")
        return pattern

    @property
    def parameters(self) -> tuple[str, ...]:
        """Their names in their order."""
        return tuple(chain(*(segment.parameters for segment in self.segments)))

    @property
    def texts(self) -> tuple[str, ...]:
        """What is before, between and behind the parameters."""
        return tuple(_BRACED.split(self.text)[::2])

    def values(self, name: str) -> Mapping[str, str] | None:
        """The parameters of a group name as text; None when it does not match. Raises
        InvalidValue when it matches in more than one way."""
        parts = name.split(SEPARATOR)
        if len(parts) != len(self.segments):
            return None
        found: dict[str, str] = {}
        for segment, part in zip(self.segments, parts, strict=True):
            values = segment.values(part)
            if values is None:
                return None
            found.update(zip(segment.parameters, values, strict=True))
        return found

    def clashes_with(self, other: "GroupPattern") -> bool:
        """Whether some group name matches both."""
        return len(self.segments) == len(other.segments) and all(
            _overlap(one.tokens(), two.tokens())
            for one, two in zip(self.segments, other.segments, strict=True)
        )


def _segment(text: str) -> Segment:
    texts, names = _BRACED.split(text)[::2], _BRACED.split(text)[1::2]
    if "{" in "".join(texts) or "}" in "".join(texts):
        raise ValueError("a brace is missing, or there is one too many.")
    for name in names:
        if not name.isidentifier() or keyword.iskeyword(name):
            raise ValueError(f"{{{name}}} does not name a parameter.")
    if "" in texts[1:-1]:
        raise ValueError(f"{text!r} has parameters without any text between them.")
    return Segment(tuple(texts), tuple(names))


def _leftmost(texts: list[str] | tuple[str, ...], given: str) -> tuple[str, ...] | None:
    """The values in which each parameter but the last is as short as can be."""
    first, *middle = texts
    if not middle:
        return () if given == first else None
    last = middle.pop()
    if not given.startswith(first):
        return None
    values, start = [], len(first)
    for text in middle:
        end = given.find(text, start + 1)
        if end < 0:
            return None
        values.append(given[start:end])
        start = end + len(text)
    end = len(given) - len(last)
    if end <= start or not given.endswith(last):
        return None
    return (*values, given[start:end])


def _overlap(one: Tokens, two: Tokens) -> bool:
    """Whether some text fits both rows of tokens."""
    waiting, seen = [(0, 0)], set[tuple[int, int]]()
    while waiting:
        place = waiting.pop()
        if place == (len(one), len(two)):
            return True
        if place not in seen:
            seen.add(place)
            waiting += _next_places(one, two, *place)
    return False


def _next_places(
    one: Tokens, two: Tokens, here: int, there: int
) -> Iterator[tuple[int, int]]:
    left = one[here] if here < len(one) else None
    right = two[there] if there < len(two) else None
    if left == _ANY:
        yield here + 1, there
    if right == _ANY:
        yield here, there + 1
    if left is None or right is None:
        return
    if left == _ANY and right != _ANY:
        yield here, there + 1
    elif right == _ANY and left != _ANY:
        yield here + 1, there
    elif left == right or _ONE in (left, right):
        yield here + 1, there + 1
