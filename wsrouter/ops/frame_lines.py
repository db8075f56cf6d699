"""Lines of `wsrouter.frames`, and of `ws_local --json`, as `ws_tail` shows them."""

from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import orjson

from wsrouter.local.journal import MAX_NAME_CHARACTERS, escape

Style = Callable[[str], str]
_COUNTS = {
    "send": ("delivered", "gone", "failed", "left_out"),
    "reap": (
        "lifetime",
        "ended",
        "gone",
        "resumed",
        "posted",
        "deleted",
        "told",
        "waiting",
    ),
}
_LOCAL = {"connection_id": "connection", "route_key": "route", "milliseconds": "ms"}


@dataclass(frozen=True, kw_only=True, slots=True)
class Wanted:
    """Which lines to show: those that fit every condition that is given. A `route` ends
    with `*` to stand for all that begin so; it also names the type of a send."""

    routes: Collection[str] = ()
    users: Collection[str] = ()
    connections: Collection[str] = ()
    errors_only: bool = False

    def fits(self, line: Mapping[str, Any]) -> bool:
        if self.errors_only and not is_error(line):
            return False
        name = str(line.get("route") or line.get("type") or "")
        return (
            (not self.routes or any(_matches(each, name) for each in self.routes))
            and (not self.users or str(line.get("user")) in self.users)
            and (not self.connections or line.get("connection") in self.connections)
        )


def parse(text: str) -> dict[str, Any] | None:
    """The line, without what a log may have put before it (`aws logs tail` writes the
    time and the stream); None for text that is no such line."""
    start = text.find("{")
    try:
        line = orjson.loads(text[start:]) if start >= 0 else None
    except orjson.JSONDecodeError:
        return None
    if not isinstance(line, dict):
        return None
    line = {_LOCAL.get(name, name): value for name, value in line.items()}
    return line if "at" in line and ("outcome" in line or "notice" in line) else None


def is_error(line: Mapping[str, Any]) -> bool:
    """Whether an error frame, a refusal or a failed post is told of."""
    return bool(line.get("failed")) or line.get("outcome") in ("error", "refused")


def shown(line: Mapping[str, Any], *, private: bool, good: Style, bad: Style) -> str:
    """One line for people: time, connection, route, outcome, code, milliseconds; with
    `private` the user too."""
    outcome = _text(line.get("outcome") or line.get("notice"))
    parts = [
        _time(line["at"]),
        f"{_text(line.get('connection')) or '-':<16}",
        *([f"{_text(line.get('user')) or '-':<8}"] if private else []),
        f"{_text(line.get('route') or line.get('type') or line.get('event')):<20}",
        (bad if is_error(line) else good)(outcome),
        *_rest(line),
    ]
    return "  ".join(part for part in parts if part)


def _rest(line: Mapping[str, Any]) -> list[str]:
    found = [_text(line.get("code"))]
    counts = _COUNTS.get(str(line.get("event")), ())
    found += [f"{line[name]} {name}" for name in counts if line.get(name)]
    if line.get("event") == "send":
        found.append(_text(line.get("stopped")))
    if line.get("close_code") is not None:
        found.append(f"closed {_text(line['close_code'])}")
    if line.get("ms") is not None:
        found.append(f"{_text(line['ms'])} ms")
    return found


def _time(at: Any) -> str:
    try:
        return f"{datetime.fromisoformat(at).astimezone():%H:%M:%S.%f}"[:-3]
    except (TypeError, ValueError):
        return _text(at)


def _text(value: Any) -> str:
    """A client chooses what an unknown route is called."""
    return "" if value is None else escape(str(value), MAX_NAME_CHARACTERS)


def _matches(pattern: str, name: str) -> bool:
    if pattern.endswith("*"):
        return name.startswith(pattern[:-1])
    return name == pattern
