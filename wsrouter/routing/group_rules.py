"""All group rules of a router: which one a name has, and what it says."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import combinations
from typing import NamedTuple, Protocol

from wsrouter.errors import DeclarationError, InvalidValue, MessageError
from wsrouter.routing.admission import caller, count, is_permitted
from wsrouter.routing.connection import Connection
from wsrouter.routing.django_types import HTTP_404, PERMISSION_DENIED, is_a
from wsrouter.routing.flow import Flow
from wsrouter.routing.group import checked_group
from wsrouter.routing.group_pattern import GroupPattern
from wsrouter.routing.group_rule import GroupRule
from wsrouter.routing.ports import Counter
from wsrouter.routing.problems import Problem, invalid_payload


class RuledName(NamedTuple):
    """A group's name, its rule, and the parameters in it."""

    name: str
    rule: GroupRule
    values: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class GroupRules:
    """The rules of one gateway. `counter` is what clients' own joins are counted with:
    without it they are not."""

    rules: tuple[GroupRule, ...] = ()
    counter: Counter | None = None

    @property
    def of_clients(self) -> tuple[GroupRule, ...]:
        """Those of groups that clients join by themselves."""
        return tuple(rule for rule in self.rules if rule.client_may_join)

    def check(self, connection: Connection, group: str) -> Flow[None]:
        """Ask the group's rule, where it has one. Raises MessageError with the code
        `permission_denied`, InvalidValue, and whatever the rule raises."""
        found = _find(self.rules, group)
        if found and not (yield from found.rule.admits(connection, found.values)):
            raise MessageError("permission_denied", "You may not do this.")

    def check_client(self, connection: Connection, groups: Sequence[str]) -> Flow[None]:
        """Whether a client may join all of these by itself. What a refusal says does
        not depend on whether there is such a group. A message counts once for each
        pattern that it names."""
        found = [
            self._of_clients(groups, place, "join") for place in range(len(groups))
        ]
        throttled = {each.rule.pattern.text: each.rule.throttle for each in found}
        for pattern, rate in throttled.items():
            if self.counter and rate:
                who = caller(rate, connection.id, connection.source_ip, connection)
                key = f"{connection.gateway}:group {pattern}:{who}"
                yield from count(self.counter, rate, key)
        for place, each in enumerate(found):
            yield from _check_client(each, connection, place)

    def check_leaving(self, groups: Sequence[str]) -> None:
        """Raises MessageError for a group that clients do not leave by themselves."""
        for place in range(len(groups)):
            self._of_clients(groups, place, "leave")

    def _of_clients(self, groups: Sequence[str], place: int, act: str) -> RuledName:
        """Other patterns are not even read: an error must not tell of them."""
        name = groups[place]
        try:
            found = _find(self.of_clients, checked_group(name))
        except InvalidValue as error:
            raise _invalid(place, error) from None
        if found is None:
            raise _denied(name, act)
        return found


def _find(rules: Iterable[GroupRule], name: str) -> RuledName | None:
    """The rule of a group; None for a name that matches no pattern. Raises InvalidValue
    for one that matches in more than one way."""
    for rule in rules:
        values = rule.pattern.values(name)
        if values is not None:
            return RuledName(name, rule, values)
    return None


def _check_client(found: RuledName, connection: Connection, place: int) -> Flow[None]:
    """The answer has the client's own name for the group: there may be several in one
    message."""
    name, rule, values = found
    try:
        is_admitted = (yield from is_permitted(rule, connection)) and (
            yield from rule.admits(connection, values)
        )
    except InvalidValue as error:
        raise _invalid(place, error) from None
    except Exception as error:
        if is_a(error, HTTP_404):
            problem = f"There is no group {name!r}."
            raise MessageError("not_found", problem, detail={"group": name}) from error
        if not is_a(error, PERMISSION_DENIED):
            raise
        is_admitted = False
    if not is_admitted:
        raise _denied(name, "join")


def _denied(name: str, act: str) -> MessageError:
    problem = f"You may not {act} {name!r}."
    return MessageError("permission_denied", problem, detail={"group": name})


def _invalid(place: int, error: InvalidValue) -> MessageError:
    problem = Problem(("groups", place), error.message, "group_name")
    return invalid_payload([problem])


class OfPattern(Protocol):
    """What is declared for the groups of a pattern; `name` is for error messages."""

    @property
    def name(self) -> str: ...

    @property
    def pattern(self) -> GroupPattern: ...


def refuse_clashes(rules: Iterable[OfPattern]) -> None:
    """Raises DeclarationError when a name could match two patterns."""
    for one, two in combinations(rules, 2):
        if one.pattern.clashes_with(two.pattern):
            raise DeclarationError(
                f"A group's name can match two patterns: {one.pattern.text!r} of"
                f" {one.name} and {two.pattern.text!r} of {two.name}."
            )
