"""The answers of a `Behaviour` by the names that people type."""

from collections.abc import Iterable
from dataclasses import dataclass, fields
from typing import Any, Literal, get_args, get_origin, get_type_hints

from wsrouter.errors import WSRouterError
from wsrouter.local.rules.behaviour import Behaviour


class UnknownSwitch(WSRouterError):
    """There is no such switch, or it has no such value."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Switch:
    """`choices` are empty for a number; `top` is the largest one then."""

    name: str
    default: Any
    harshest: Any
    choices: tuple[str, ...] = ()
    top: float = float("inf")

    @property
    def member(self) -> str:
        """The field of `Behaviour`."""
        return self.name.replace("-", "_")

    def read(self, text: str) -> Any:
        """The value that `text` stands for; raises UnknownSwitch."""
        if text in self.choices:
            return text
        kind = type(self.default)
        try:
            if not self.choices and 0 <= kind(text) <= self.top:
                return kind(text)
        except ValueError:
            pass
        raise UnknownSwitch(f"--aws {self.name} takes {self.allowed}, not {text!r}.")

    @property
    def allowed(self) -> str:
        """What may be typed, for people."""
        if self.choices:
            return " or ".join(self.choices)
        return "0 to 1" if self.top == 1 else "a whole number"


def _all() -> Iterable[Switch]:
    hints = get_type_hints(Behaviour)
    for each in fields(Behaviour):
        if each.metadata:
            kind = hints[each.name]
            yield Switch(
                name=each.name.replace("_", "-"),
                default=each.default,
                harshest=each.metadata["harshest"],
                choices=get_args(kind) if get_origin(kind) is Literal else (),
                top=1 if kind is float else float("inf"),
            )


SWITCHES = {switch.name: switch for switch in _all()}


def behaviour(
    given: Iterable[str], *, strict: bool = False, cookies: bool = True
) -> Behaviour:
    """The behaviour for these `name=value`; what is not given is the default, or the
    harshest. Raises UnknownSwitch."""
    values = {s.member: s.harshest for s in SWITCHES.values()} if strict else {}
    for text in given:
        name, _, value = text.partition("=")
        switch = SWITCHES.get(name)
        if switch is None:
            raise UnknownSwitch(
                f"--aws has no {name!r}, only: {', '.join(sorted(SWITCHES))}."
            )
        values[switch.member] = switch.read(value)
    return Behaviour(**values, cookies=cookies)
