"""The models of all routes and events as JSON Schemas that refer to each other."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Literal, NamedTuple

from pydantic import TypeAdapter

from wsrouter.catalog.routes import NO_PAYLOAD, ApiSpec, EventSpec, RouteSpec
from wsrouter.documents import envelopes
from wsrouter.documents.component_names import REF, renamed, with_names
from wsrouter.documents.json_schemas import Schema, SchemaGenerator
from wsrouter.documents.stream_schemas import stream_components
from wsrouter.routing.library_routes import PING

Mode = Literal["validation", "serialization"]


class Use(NamedTuple):
    """Where a model is used: the payload of a route, its reply, an event's payload, or
    the detail of an error `code`. `name` is a route key or an event's name."""

    role: Literal["payload", "reply", "event", "detail"]
    name: str
    code: str = ""

    @property
    def mode(self) -> Mode:
        return "validation" if self.role == "payload" else "serialization"


@dataclass(frozen=True, kw_only=True, slots=True)
class Schemas:
    """`by_use` has the schema of each use, `components` what these refer to, and what
    frames say of streams where events are kept. A model whose input differs from its
    output has a component for each; models of one name have their module in it."""

    by_use: Mapping[Use, Schema]
    components: dict[str, Schema]
    adapters: Mapping[Use, "TypeAdapter[Any]"]


def schemas(spec: ApiSpec) -> Schemas:
    """The schemas of everything that `spec` sends and receives. They do not depend on
    the order in which it was registered."""
    adapters = {use: TypeAdapter(model) for use, model in sorted(_uses(spec), key=_use)}
    by_use, shared = TypeAdapter.json_schemas(
        [(use, use.mode, adapter) for use, adapter in adapters.items()],
        ref_template=REF + "{model}",
        schema_generator=SchemaGenerator,
    )
    definitions = shared.get("$defs", {})
    names = renamed(definitions)
    named = {use: with_names(schema, names) for (use, _), schema in by_use.items()}
    components = {
        names[given]: with_names(definitions[given], names)
        for given in sorted(definitions, key=names.__getitem__)
    }
    if spec.keeps_events:
        components |= stream_components(
            envelopes.event(event.name, named[Use("event", event.name)])
            for event in described_events(spec)
            if event.keep
        )
    return Schemas(by_use=named, components=components, adapters=adapters)


def described_routes(spec: ApiSpec) -> list[RouteSpec]:
    """The routes that answer messages, by key: the default handler is one of them, and
    the library's own that take a payload, and the ping where it asks for streams."""
    answering = [route for route in spec.hooks if route.key == "$default"]
    answering += [
        route
        for route in spec.library
        if route.payload is not NO_PAYLOAD or (route.key == PING and spec.keeps_events)
    ]
    return sorted([*spec.routes, *answering], key=lambda route: route.key)


def described_events(spec: ApiSpec) -> list[EventSpec]:
    """The events by name."""
    return sorted(spec.events, key=lambda event: event.name)


def _uses(spec: ApiSpec) -> Iterator[tuple[Use, Any]]:
    for route in described_routes(spec):
        if route.payload is not NO_PAYLOAD:
            yield Use("payload", route.key), route.payload
        if route.reply is not ...:
            yield Use("reply", route.key), route.reply
        for error in route.errors or ():
            if error.detail is not None:
                yield Use("detail", route.key, error.code), error.detail
    for event in spec.events:
        yield Use("event", event.name), event.model


def _use(pair: tuple[Use, Any]) -> Use:
    return pair[0]
