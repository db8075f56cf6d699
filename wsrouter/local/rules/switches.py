"""The values of a `Behaviour` by the names that users type after `--aws`."""

from collections.abc import Iterable
from dataclasses import dataclass, fields
from typing import Any, Literal, get_args, get_origin, get_type_hints

from wsrouter.errors import WSRouterError
from wsrouter.local.rules.behaviour import Behaviour


class UnknownSwitch(WSRouterError):
    """No switch has this name, or the switch does not take this value."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Switch:
    """One switch. A numeric one has no `choices`, and takes 0 to `maximum`; `strict` is
    its value under `--strict`."""

    name: str
    default: Any
    strict: Any
    choices: tuple[str, ...] = ()
    maximum: float = float("inf")

    @property
    def field_name(self) -> str:
        """The field of `Behaviour`."""
        return self.name.replace("-", "_")

    def parse(self, text: str) -> Any:
        """The value that `text` stands for; raises UnknownSwitch."""
        if text in self.choices:
            return text
        number_type = type(self.default)
        try:
            if not self.choices and 0 <= number_type(text) <= self.maximum:
                return number_type(text)
        except ValueError:
            pass
        raise UnknownSwitch(f"--aws {self.name} takes {self.allowed}, not {text!r}.")

    @property
    def allowed(self) -> str:
        """The values that it takes, as part of a sentence."""
        if self.choices:
            return " or ".join(self.choices)
        return "0 to 1" if self.maximum == 1 else "a whole number"


def _read_fields() -> Iterable[Switch]:
    hints = get_type_hints(Behaviour)
    for field in fields(Behaviour):
        if field.metadata:
            hint = hints[field.name]
            yield Switch(
                name=field.name.replace("_", "-"),
                default=field.default,
                strict=field.metadata["strict"],
                choices=get_args(hint) if get_origin(hint) is Literal else (),
                maximum=1 if hint is float else float("inf"),
            )


SWITCHES = {switch.name: switch for switch in _read_fields()}


def behaviour(
    assignments: Iterable[str], *, strict: bool = False, cookies: bool = True
) -> Behaviour:
    """The behaviour for these `name=value` texts; the other switches have their
    default, or with `strict` their strict value. Raises UnknownSwitch."""
    switches = SWITCHES.values() if strict else ()
    values = {switch.field_name: switch.strict for switch in switches}
    for assignment in assignments:
        name, _, value = assignment.partition("=")
        switch = SWITCHES.get(name)
        if switch is None:
            names = ", ".join(sorted(SWITCHES))
            raise UnknownSwitch(f"--aws has no switch {name!r}. There are: {names}.")
        values[switch.field_name] = switch.parse(value)
    return Behaviour(**values, cookies=cookies)
