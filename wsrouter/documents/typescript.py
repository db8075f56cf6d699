"""TypeScript's types of all payloads, replies, events and errors, as one `.d.ts`."""

import json
from collections.abc import Iterator
from dataclasses import dataclass

from wsrouter.catalog.routes import ApiSpec, EventSpec, RouteSpec
from wsrouter.catalog.snapshot import DEFAULT
from wsrouter.documents.kept_in_words import kept_in_words
from wsrouter.documents.schemas import (
    Schemas,
    Use,
    described_events,
    described_routes,
    schemas,
)
from wsrouter.documents.stream_schemas import ENTRY, POSITION
from wsrouter.documents.typescript_names import (
    RESERVED,
    RESERVED_WITH_STREAMS,
    typescript_names,
)
from wsrouter.documents.typescript_types import INDENT, UNKNOWN, Types, comment, key

HEAD = """\
// Made by `manage.py ws_export typescript`: change the handlers instead of this file.

/** What is wrong with a payload: where, a sentence, and a word for programs. */
export interface Problem {
  loc: (string | number)[];
  msg: string;
  type: string;
}

/** An error that a route answers. `retry`: the same message may succeed later. */
export interface RouteError<Code extends string, Detail = undefined> {
  code: Code;
  message: string;
  retry: boolean;
  detail: Detail;
}
"""
EVENT_FRAME = """\
/** The frame of an event. One that arrives twice has the same `id`. */
export type EventFrame<Name extends keyof Events = keyof Events> = {
  [K in Name]: { type: K; id: string; payload: Events[K] };
}[Name];
"""
KEPT_FRAMES = """\
/**
 * The frame of an event. One that arrives twice has the same `id`. `stream` is the
 * place of a kept event among those of its group, or of its user.
 */
export type EventFrame<Name extends keyof Events = keyof Events> = {{
  [K in Name]: {{
    type: K;
    id: string;
    payload: Events[K];
    stream?: K extends KeptEvents ? {position} : undefined;
  }};
}}[Name];

/** The frame of a reply. `streams`: those of the groups that the message has joined. */
export type ReplyFrame<Key extends keyof Routes = keyof Routes> = {{
  [K in Key]: {{
    type: "reply";
    action: K;
    id?: string | number;
    payload: Routes[K]["reply"];
    streams?: {entry}[];
  }};
}}[Key];
"""
_DETAILS = {
    "invalid_payload": "Problem[] | undefined",
    "throttled": "{ retry_after: number } | undefined",
}
_CODES_IN_A_LINE = 3


def typescript(spec: ApiSpec) -> str:
    """The text of the file. `Routes` has the payload, the reply and the errors of each
    route by its key, `Events` the payload of each event by its name."""
    found = schemas(spec)
    reserved = RESERVED_WITH_STREAMS if spec.keeps_events else RESERVED
    writer = _Writer(found, Types(typescript_names(found.components, reserved)))
    lines = [
        *writer.models(),
        "/** What clients call: they send `payload`, and get `reply` or an error. */",
        *writer.routes(spec),
        "",
        "/** What clients get at any time. */",
        *writer.events(spec),
        "",
        *writer.frames(spec),
    ]
    return "\n".join([HEAD, *lines]) + "\n"


@dataclass(frozen=True, slots=True)
class _Writer:
    schemas: Schemas
    types: Types

    def models(self) -> Iterator[str]:
        for component, schema in self.schemas.components.items():
            yield from comment(schema.get("description", ""))
            name = self.types.names[component]
            yield f"export type {name} = {self.types.write(schema)};"
            yield ""

    def routes(self, spec: ApiSpec) -> Iterator[str]:
        yield "export interface Routes {"
        for route in described_routes(spec):
            if route.key != DEFAULT:
                yield from comment(_text(route), INDENT)
                yield f"{INDENT}{key(route.key)}: {{"
                inner = INDENT * 2
                yield f"{inner}payload: {self._payload(route, inner)};"
                yield f"{inner}reply: {self._of(Use('reply', route.key), inner)};"
                errors = self._errors(route, inner + INDENT)
                union = "".join(f"\n{inner}{INDENT}| {error}" for error in errors)
                yield f"{inner}errors:{union};"
                yield f"{INDENT}}};"
        yield "}"

    def events(self, spec: ApiSpec) -> Iterator[str]:
        yield "export interface Events {"
        for event in described_events(spec):
            yield from comment(_event_text(event), INDENT)
            payload = self._of(Use("event", event.name), INDENT)
            yield f"{INDENT}{key(event.name)}: {payload};"
        yield "}"

    def frames(self, spec: ApiSpec) -> Iterator[str]:
        if not spec.keeps_events:
            yield from EVENT_FRAME.splitlines()
            return
        kept = [_quoted(event.name) for event in described_events(spec) if event.keep]
        names = {
            "position": self.types.names[POSITION],
            "entry": self.types.names[ENTRY],
        }
        yield "/** The names of those that are kept for clients that come back. */"
        yield f"export type KeptEvents = {' | '.join(kept)};"
        yield ""
        yield from KEPT_FRAMES.format_map(names).splitlines()

    def _payload(self, route: RouteSpec, indent: str) -> str:
        use = Use("payload", route.key)
        if use not in self.schemas.by_use:
            return "undefined"
        written = self._of(use, indent)
        return f"{written} | undefined" if route.is_optional else written

    def _of(self, use: Use, indent: str) -> str:
        schema = self.schemas.by_use.get(use)
        return UNKNOWN if schema is None else self.types.write(schema, indent)

    def _errors(self, route: RouteSpec, indent: str) -> Iterator[str]:
        """The members of a union, one for each code that has a detail."""
        own = [error.code for error in route.errors or ()]
        library = [code for code in route.library_codes if code not in own]
        for code in own:
            use = Use("detail", route.key, code)
            yield _error(code, self._of(use, indent))
        for code in library:
            if code in _DETAILS:
                yield _error(code, _DETAILS[code])
        plain = [_quoted(code) for code in library if code not in _DETAILS]
        for start in range(0, len(plain), _CODES_IN_A_LINE):
            codes = plain[start : start + _CODES_IN_A_LINE]
            yield f"RouteError<{' | '.join(codes)}>"
        if route.errors is None:
            yield f"RouteError<string, {UNKNOWN}>"


def _error(code: str, detail: str) -> str:
    return f"RouteError<{_quoted(code)}, {detail}>"


def _quoted(code: str) -> str:
    return json.dumps(code, ensure_ascii=False)


def _text(route: RouteSpec) -> str:
    return "\n\n".join(filter(None, (route.summary, route.description)))


def _event_text(event: EventSpec) -> str:
    kept = kept_in_words(event.keep) if event.keep else ""
    return "\n\n".join(filter(None, (event.summary, kept)))
