"""An application's own envelope, as the library reads and writes frames. Whatever its
class does wrong is an InvalidEnvelope, which names the class."""

import logging
from collections.abc import Callable
from typing import Any

import orjson
from pydantic import TypeAdapter
from pydantic_core import to_json

from wsrouter.errors import InvalidEnvelope, MessageError
from wsrouter.routing.envelope_class import ClientMessage, Envelope, malformed
from wsrouter.routing.outcome import Failure, Raw, Reply
from wsrouter.routing.ports import EnvelopeHeader, ParsedEnvelope, Reader
from wsrouter.routing.problems import Problem, invalid_payload
from wsrouter.wire import encode, fail_fast
from wsrouter.wire.envelope import checked_id, echoed, problems

logger = logging.getLogger("wsrouter.request")
_MISSING = Problem((), "Field required", "missing")


class EnvelopeAdapter:
    """Reads and writes the frames of one gateway through `envelope`. Such frames have
    no place for streams."""

    carries_streams = False

    def __init__(self, envelope: Envelope) -> None:
        self._envelope = envelope
        self._name = type(envelope).__qualname__

    def reader(self, payload: Any, *, default: Any) -> Reader:
        validate = None
        if payload is not ...:
            validate = fail_fast.validator(TypeAdapter(payload)).validate_json

        def read(body: bytes) -> ParsedEnvelope:
            try:
                message = self._read(body)
            except MessageError as problem:
                return ParsedEnvelope(None, problem=problem)
            if validate is None or (message.payload is ... and default is not ...):
                return ParsedEnvelope(message.id, default)
            if message.payload is ...:
                return ParsedEnvelope(message.id, problem=invalid_payload([_MISSING]))
            return self._validated(message, validate)

        return read

    def identify(self, body: bytes) -> EnvelopeHeader:
        """Raises InvalidEnvelope."""
        try:
            message = self._read(body)
        except MessageError as error:
            return EnvelopeHeader(None, None, error)
        problem = MessageError("unknown_route", "There is no route of this key.")
        return EnvelopeHeader(echoed(message.action), message.id, problem)

    def client_id(self, body: bytes) -> str | int | None:
        try:
            return self._read(body).id
        except (MessageError, InvalidEnvelope):
            return None

    def reply(self, reply: Reply) -> bytes:
        """Empty where the envelope answers nothing; raises InvalidEnvelope."""
        payload = orjson.Fragment(reply.payload)
        return self._written("reply", reply.action, reply.id, payload)

    def event(self, name: str, event_id: str, payload: bytes) -> bytes:
        """Raises InvalidEnvelope."""
        data = self._written("event", name, event_id, orjson.Fragment(payload))
        if not data:
            raise InvalidEnvelope(f"{self._name}.event returned nothing to send.")
        return data

    def error(self, failure: Failure) -> bytes:
        """Raises InvalidEnvelope. Where the failure is a crash already, the answer is
        an error in the library's own form instead."""
        error, action = encode.plain_error(failure), failure.action
        if action and action.startswith("$"):
            action = None  # what has answered, and not what the client has said
        try:
            return self._written("error", action, failure.id, error)
        except InvalidEnvelope:
            if not failure.crashed:
                raise
            logger.exception("A crash could not be answered in the gateway's envelope.")
            return encode.OWN_FRAMES.error(failure)

    def _read(self, body: bytes) -> ClientMessage:
        try:
            message = self._envelope.read(body)
        except MessageError:
            raise
        except ValueError as error:
            raise malformed("The frame cannot be read.") from error
        except Exception as error:
            raise self._failed("read", error) from error
        is_message = isinstance(message, ClientMessage)
        if not is_message or not isinstance(message.action, str):
            raise InvalidEnvelope(
                f"{self._name}.read returned {_described(message)}, not a ClientMessage"
                " with an action that is a str."
            )
        checked_id(message.id)
        return message

    def _validated(
        self, message: ClientMessage, validate: Callable[[bytes], Any]
    ) -> ParsedEnvelope:
        unknown: list[str] = []

        def fallback(value: Any) -> Any:
            unknown.append(type(value).__qualname__)
            raise ValueError

        try:
            # JSON again: pydantic reads it by other rules than Python objects.
            payload = validate(to_json(message.payload, fallback=fallback))
            return ParsedEnvelope(message.id, payload)
        except ValueError as error:
            if unknown:
                raise InvalidEnvelope(
                    f"{self._name}.read returned a payload with {unknown[0]} in it,"
                    " which is no JSON."
                ) from None
            problem = invalid_payload(problems(error))
            return ParsedEnvelope(message.id, problem=problem)

    def _written(self, method: str, *arguments: Any) -> bytes:
        try:
            value = getattr(self._envelope, method)(*arguments)
        except Exception as error:
            raise self._failed(method, error) from error
        if value is None:
            return b""
        if isinstance(value, Raw):
            return value.data
        try:
            return orjson.dumps(value)
        except TypeError as error:
            raise InvalidEnvelope(
                f"{self._name}.{method} returned what is no JSON: {error}."
            ) from None

    def _failed(self, method: str, error: Exception) -> InvalidEnvelope:
        return InvalidEnvelope(f"{self._name}.{method} raised {error!r}.")


def _described(message: object) -> str:
    if isinstance(message, ClientMessage):
        return f"a ClientMessage whose action is {type(message.action).__qualname__}"
    return type(message).__qualname__
