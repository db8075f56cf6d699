"""Inbound envelopes: a payload in its own member (nested), or beside the key (flat)."""

from dataclasses import dataclass
from typing import Annotated, Any, ClassVar, NotRequired

from pydantic import Field, TypeAdapter, ValidationError
from pydantic_core import to_json
from typing_extensions import TypedDict

from wsrouter.errors import MessageError
from wsrouter.routing.envelope_class import Envelope as EnvelopeClass
from wsrouter.routing.envelope_class import malformed
from wsrouter.routing.ports import EnvelopeHeader, ParsedEnvelope, Reader
from wsrouter.routing.problems import Problem, invalid_payload
from wsrouter.routing.resume import Since
from wsrouter.wire import fail_fast

ID_CHARACTERS = 128
ID_BITS = 64
_INTEGERS = range(-(2 ** (ID_BITS - 1)), 2 ** (ID_BITS - 1))
_READ_ERRORS = 100
"""Above so many problems none is listed: to read them takes longer than to find them.
"""
_ECHOED_CHARACTERS = 128
_ID_RULE = (
    f"'id' is a string of up to {ID_CHARACTERS} characters or a {ID_BITS}-bit integer."
)
Id = (
    Annotated[str, Field(max_length=ID_CHARACTERS)]
    | Annotated[int, Field(strict=True, ge=_INTEGERS[0], le=_INTEGERS[-1])]
    | None
)

FLAT_SINCE = "$since"
"""The name of `since` among the payload's own members."""
MAX_POSITIONS = 100
_SINCE_RULE = (
    "'since' is an object of stream ids, each with an 'epoch' and a 'seq',"
    f" {MAX_POSITIONS} of them at most."
)


class _Position(TypedDict):
    epoch: Annotated[str, Field(max_length=64)]
    seq: Annotated[int, Field(strict=True, ge=0, le=_INTEGERS[-1])]


Positions = Annotated[
    dict[Annotated[str, Field(max_length=64)], _Position],
    Field(max_length=MAX_POSITIONS),
]
_read_positions = TypeAdapter(Positions).validate_python


@dataclass(frozen=True, slots=True)
class _WithKey:
    """In both envelopes the action and the id are members of the body; `key` is the
    name of the action's member. Where the application keeps events, `reads_since`: a
    client may say how far it has their streams."""

    key: str | None
    reads_since: bool = False
    carries_streams: ClassVar[bool] = True

    def identify(self, body: bytes) -> EnvelopeHeader:
        return _identify(body, self.key)

    def client_id(self, body: bytes) -> str | int | None:
        return _client_id(body)


@dataclass(frozen=True, slots=True)
class Nested(_WithKey):
    """`{"action": ..., "id": ..., "payload": ...}`."""

    def reader(self, payload: Any, *, default: Any) -> Reader:
        wanted = payload if default is ... else NotRequired[payload]
        members = {} if payload is ... else {"payload": wanted}
        if self.reads_since:
            members["since"] = NotRequired[Positions]
        shape = TypedDict("Envelope", {"id": NotRequired[Id], **members})  # type: ignore[misc]
        validate = fail_fast.validator(TypeAdapter(shape)).validate_json

        def read(body: bytes) -> ParsedEnvelope:
            try:
                opened = validate(body)
            except ValueError as error:
                # pydantic returns no part of a body that is not valid, so the id is
                # read again.
                return ParsedEnvelope(_client_id(body), problem=_envelope_error(error))
            return ParsedEnvelope(
                opened.get("id"),
                opened.get("payload", default),
                None,
                opened.get("since"),
            )

        return read


@dataclass(frozen=True, slots=True)
class Flat(_WithKey):
    """`{"action": ..., "id": ..., <the payload's own members>}`."""

    def reader(self, payload: Any, *, default: Any) -> Reader:
        validate = None
        if payload is not ...:
            validate = fail_fast.validator(TypeAdapter(payload)).validate_json

        def read(body: bytes) -> ParsedEnvelope:
            client_id = since = None
            try:
                members = _object(body)
                members.pop(self.key, None)
                client_id = checked_id(members.pop("id", None))
                if (positions := members.pop(FLAT_SINCE, None)) is not None:
                    since = _checked_since(positions) if self.reads_since else None
                if validate is None or (not members and default is not ...):
                    return ParsedEnvelope(client_id, default, None, since)
                # JSON again: pydantic reads it by other rules than Python objects.
                payload = validate(to_json(members))
                return ParsedEnvelope(client_id, payload, None, since)
            except ValueError as error:
                return ParsedEnvelope(
                    client_id, problem=invalid_payload(problems(error))
                )
            except MessageError as problem:
                return ParsedEnvelope(client_id, problem=problem)

        return read


_WITHOUT_INPUT: Any = {
    "include_url": False,
    "include_input": False,
    "include_context": False,
}


def _envelope_error(error: ValueError) -> MessageError:
    first, *_ = found = problems(error, ("payload",))
    if not first.loc:
        if first.type == "json_invalid":
            return malformed("The frame is not valid JSON.")
        return malformed("The frame is not a JSON object.")
    if first.loc[0] == "id":
        return malformed(_ID_RULE)
    if first.loc[0] == "since":
        return malformed(_SINCE_RULE)
    return invalid_payload(problem._replace(loc=problem.loc[1:]) for problem in found)


def problems(error: ValueError, payload: tuple[str, ...] = ()) -> list[Problem]:
    """What pydantic found; `payload` leads to the payload.

    Before version 2.14, pydantic passed on errors of what it calls, such as that of
    `Decimal((None, None, None))`; those of validators are ValidationErrors.
    """
    if not isinstance(error, ValidationError):
        return [Problem(payload, "The value cannot be read", "value_error")]
    if (count := error.error_count()) > _READ_ERRORS:
        text = f"{count} problems, more than can be listed"
        return [Problem(payload, text, "too_many_problems")]
    return [
        Problem(problem["loc"], problem["msg"], problem["type"])
        for problem in error.errors(**_WITHOUT_INPUT)
    ]


def _object(body: bytes) -> dict[Any, Any]:
    return EnvelopeClass.members(body)


def _identify(body: bytes, key: str | None) -> EnvelopeHeader:
    try:
        members = _object(body)
    except MessageError as error:
        return EnvelopeHeader(None, None, error)
    client_id = _known_id(members)
    action = members.get(key) if key else None
    if key and not isinstance(action, str):
        return EnvelopeHeader(
            None, client_id, malformed(f"The frame has no string {key!r}.")
        )
    problem = MessageError("unknown_route", "There is no route of this key.")
    return EnvelopeHeader(echoed(action), client_id, problem)


class _Head(TypedDict):
    id: NotRequired[Any]


_read_head = TypeAdapter(_Head).validator.validate_json
"""Makes Python objects of the id only, not of the rest of the body."""


def _client_id(body: bytes) -> str | int | None:
    try:
        return _known_id(dict(_read_head(body)))
    except ValidationError:
        return None


def _known_id(members: dict[Any, Any]) -> str | int | None:
    found = members.get("id")
    return found if _is_id(found) else None


def echoed(action: str | None) -> str | None:
    return action if action and len(action) <= _ECHOED_CHARACTERS else None


def checked_id(value: Any) -> str | int | None:
    if not _is_id(value):
        raise malformed(_ID_RULE)
    return value  # type: ignore[no-any-return]


def _checked_since(value: Any) -> Since:
    try:
        return _read_positions(value)
    except ValidationError:
        raise malformed(_SINCE_RULE) from None


def _is_id(value: Any) -> bool:
    if isinstance(value, str):
        return len(value) <= ID_CHARACTERS
    if isinstance(value, int) and not isinstance(value, bool):
        return value in _INTEGERS
    return value is None
