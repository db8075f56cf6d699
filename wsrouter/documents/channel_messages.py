"""The messages of a channel: what goes in and out of a socket."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any

from pydantic import TypeAdapter, ValidationError

from wsrouter.catalog.routes import ApiSpec, EventSpec, RouteSpec
from wsrouter.catalog.snapshot import DEFAULT
from wsrouter.documents import envelopes
from wsrouter.documents.component_names import REF
from wsrouter.documents.envelopes import Frames
from wsrouter.documents.examples import examples
from wsrouter.documents.json_schemas import Schema
from wsrouter.documents.kept_in_words import kept_in_words
from wsrouter.documents.names import identifier
from wsrouter.documents.schemas import Schemas, Use, described_events, described_routes
from wsrouter.documents.stream_schemas import (
    EXAMPLE,
    SKIPPED_FRAME,
    with_position,
    with_streams,
)
from wsrouter.routing.keep import Keep
from wsrouter.routing.library_routes import PING
from wsrouter.wire import stream_frames

Message = dict[str, Any]
CORRELATION_ID = {"$ref": "#/components/correlationIds/id"}
UNROUTED = identifier("error", "unrouted")
UNROUTED_CODES = ("malformed_frame", "unknown_route")
GATEWAY_ERROR = identifier("error", "gateway")
SKIPPED = identifier("event", stream_frames.SKIPPED)
_EVENT_ID = "5f0c1d2e3a4b9687"
_PING_REPLY = {
    "type": "reply",
    "action": PING,
    "id": "1",
    "payload": {},
    "streams": [{**EXAMPLE, "recovered": True, "events": []}],
}


def messages(spec: ApiSpec, schemas: Schemas, frames: Frames) -> dict[str, Message]:
    """The messages of a socket by their ids."""
    made = _Messages(schemas, frames)
    found: dict[str, Message] = {}
    for route in described_routes(spec):
        found |= made.of_route(route)
    for event in described_events(spec):
        found[identifier("event", event.name)] = made.of_event(event)
    if spec.keeps_events:
        found[SKIPPED] = _skipped()
    return found | _errors_of_no_route()


@dataclass(frozen=True, slots=True)
class _Messages:
    schemas: Schemas
    frames: Frames

    def of_route(self, route: RouteSpec) -> dict[str, Message]:
        """What is sent to a route, its reply and its errors."""
        key = None if route.key == DEFAULT else route.key
        found = {
            "message": self._request(route, key),
            "reply": self._reply(route, key),
            "error": _answer(
                f"Error of {route.key}",
                envelopes.error(key, self._error_content(route)),
            ),
        }
        return {identifier(kind, route.key): found[kind] for kind in found}

    def of_event(self, event: EventSpec) -> Message:
        use = Use("event", event.name)
        frame = envelopes.event(event.name, self.schemas.by_use[use])
        shown = (
            {"type": event.name, "id": _EVENT_ID, "payload": payload}
            | ({"stream": EXAMPLE} if event.keep else {})
            for payload in self._examples(use)
        )
        return _without_empty(
            name=event.name,
            title=event.name,
            summary=_single(event.summary),
            description=_kept(event.keep) if event.keep else "",
            tags=_tags(event.tags),
            payload=with_position(frame) if event.keep else frame,
            examples=_listed(shown),
        )

    def _request(self, route: RouteSpec, key: str | None) -> Message:
        if route.takes_text:
            return {
                "name": route.key,
                "title": route.key,
                "contentType": "text/plain",
                "payload": {"description": "Any frame, which need not be JSON."},
            }
        use = Use("payload", route.key)
        schema = self.schemas.by_use.get(use)
        return _without_empty(
            name=route.key,
            title=route.key,
            summary=_single(route.summary),
            correlationId=CORRELATION_ID,
            payload=self.frames.message(key, schema, is_optional=route.is_optional),
            examples=_listed(self._messages(key, use)),
        )

    def _reply(self, route: RouteSpec, key: str | None) -> Message:
        if route.answers_raw:
            name = f"Reply of {route.key}"
            text = {"description": "A text in no envelope, which need not be JSON."}
            return {
                "name": name,
                "title": name,
                "contentType": "text/plain",
                "payload": text,
            }
        use = Use("reply", route.key)
        schema = self.schemas.by_use.get(use, {})
        shown = (
            {"type": "reply", "action": route.key, "id": "1", "payload": payload}
            for payload in self._examples(use)
        )
        frame = envelopes.reply(key, schema)
        if route.tells_streams and self.frames.keeps_events:
            frame = with_streams(frame)
        message = _answer(f"Reply of {route.key}", frame)
        return message | _without_empty(
            examples=_listed([_PING_REPLY] if route.key == PING else shown)
        )

    def _messages(self, key: str | None, use: Use) -> Iterator[Any]:
        if key == PING:
            yield self.frames.example_of_since(PING)
        for payload in self._examples(use):
            yield self.frames.example(key, payload)

    def _examples(self, use: Use) -> list[Any]:
        if use not in self.schemas.by_use:
            return []
        return examples(
            self.schemas.by_use[use],
            self.schemas.components,
            self.schemas.adapters[use],
            is_output=use.role != "payload",
        )

    def _error_content(self, route: RouteSpec) -> Schema:
        details = {}
        for error in route.errors or ():
            use = Use("detail", route.key, error.code)
            if use in self.schemas.by_use:
                is_required = not _accepts_none(self.schemas.adapters[use])
                details[error.code] = (self.schemas.by_use[use], is_required)
        return envelopes.error_content(route.library_codes, route.errors, details)


def _kept(keep: Keep) -> str:
    return (
        f"{kept_in_words(keep)} One that is sent to single connections is not kept, and"
        " has no `stream`."
    )


def _skipped() -> Message:
    return {
        "name": stream_frames.SKIPPED,
        "title": stream_frames.SKIPPED,
        "summary": "It has the number of an event that is not for this client.",
        "payload": {"$ref": REF + SKIPPED_FRAME},
        "examples": [
            {"payload": {"type": stream_frames.SKIPPED, "stream": EXAMPLE}},
        ],
    }


def _errors_of_no_route() -> dict[str, Message]:
    content = envelopes.error_content(UNROUTED_CODES, (), {})
    unrouted = _answer("Error of no route", envelopes.error(None, content))
    of_aws = {
        "type": "object",
        "properties": {
            "message": {"type": "string", "examples": ["Internal server error"]},
            "connectionId": {"type": "string"},
            "requestId": {"type": "string"},
        },
        "required": ["message", "connectionId"],
        "not": {"required": ["type"]},
    }
    gateway = {
        "name": "Error of API Gateway",
        "title": "Error of API Gateway",
        "summary": "API Gateway's own: it has no id, and does not name the message.",
        "payload": of_aws,
    }
    return {UNROUTED: unrouted, GATEWAY_ERROR: gateway}


def _answer(name: str, payload: Schema) -> Message:
    return {
        "name": name,
        "title": name,
        "correlationId": CORRELATION_ID,
        "payload": payload,
    }


def _accepts_none(adapter: "TypeAdapter[Any]") -> bool:
    try:
        adapter.validate_python(None)
    except ValidationError:
        return False
    return True


def _listed(payloads: Iterable[Any]) -> list[Any]:
    return [{"payload": payload} for payload in payloads]


def _tags(names: tuple[str, ...]) -> list[dict[str, str]]:
    return [{"name": name} for name in names]


def _single(text: str) -> str:
    return " ".join(text.split())


def _without_empty(**members: Any) -> Message:
    return {name: value for name, value in members.items() if value}
