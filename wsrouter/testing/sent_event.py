"""One event as it was sent, and how far it is what a test expects."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from pydantic_core import PydanticSerializationError, from_json, to_json

from wsrouter.routing.delivery import Delivery
from wsrouter.routing.ports import Outgoing

ANYTHING: Any = object()


@dataclass(frozen=True, kw_only=True, slots=True)
class SentEvent:
    """`payload` is what JSON has of it, `users` are primary keys, `connections` ids.
    `delivery` is what `send` returned."""

    event: str
    payload: Any
    groups: frozenset[str]
    users: frozenset[Any]
    connections: frozenset[str]
    everyone: bool
    gateway: str
    id: str
    delivery: Delivery

    @classmethod
    def of(cls, outgoing: Outgoing, delivery: Delivery) -> "SentEvent":
        to = outgoing.recipients
        return cls(
            event=outgoing.event,
            payload=from_json(outgoing.payload),
            groups=to.groups,
            users=to.users,
            connections=to.connection_ids,
            everyone=to.everyone,
            gateway=to.gateway,
            id=outgoing.id,
            delivery=delivery,
        )

    def __str__(self) -> str:
        return f"{self.event!r} to {self.recipients}, payload {self.payload!r}"

    @property
    def recipients(self) -> str:
        named = {
            "group": self.groups,
            "user": self.users,
            "connection": self.connections,
        }
        found = [
            f"{kind} {name!r}"
            for kind, names in named.items()
            for name in sorted(names, key=str)
        ]
        return ", ".join(found) or ("everyone" if self.everyone else "nobody")


@dataclass(frozen=True, kw_only=True, slots=True)
class Expectation:
    """What a test expects of an event; `to` has the fields of SentEvent that it names,
    each with one recipient that has to be there, or True for `everyone`."""

    event: str
    payload: Any
    to: Mapping[str, Any]

    def __str__(self) -> str:
        kinds = {"groups": "group", "users": "user", "connections": "connection"}
        text = repr(self.event)
        for name, value in self.to.items():
            kind = kinds.get(name)
            text += f" to {kind} {value!r}" if kind else f" to {name}"
        if callable(self.payload):
            name = getattr(self.payload, "__name__", repr(self.payload))
            return f"{text}, with a payload for which {name} is true"
        if self.payload is not ANYTHING:
            text += f", payload {_as_json(self.payload)!r}"
        return text

    def differences(self, sent: SentEvent) -> list[str]:
        """What is not as expected: nothing for what is meant."""
        found = [] if sent.event == self.event else ["the event"]
        if not _is_payload(self.payload, sent.payload):
            found.append("the payload")
        if not all(_names(getattr(sent, name), one) for name, one in self.to.items()):
            found.append("the recipients")
        return found


def _names(recipients: Any, expected: Any) -> bool:
    return recipients is expected if expected is True else expected in recipients


def _is_payload(expected: Any, payload: Any) -> bool:
    if expected is ANYTHING:
        return True
    is_matcher = callable(expected) and not isinstance(expected, type)
    if is_matcher and expected != payload:
        matches: Callable[[Any], Any] = expected
        return bool(matches(payload))
    return bool(expected == payload or _as_json(expected) == payload)


def _as_json(value: Any) -> Any:
    """As it is sent; what is no JSON, such as `mock.ANY`, stays as it is."""
    try:
        return from_json(to_json(value))
    except PydanticSerializationError:
        return value
