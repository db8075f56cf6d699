"""What passes through the local gateway, as lines for people or for programs."""

import re
from collections.abc import Awaitable, Callable, Iterator
from dataclasses import asdict, dataclass, field
from datetime import UTC, datetime
from typing import Any, Protocol

import orjson

_GREY, _RED, _GREEN, _PLAIN = "\x1b[90m", "\x1b[31m", "\x1b[32m", "\x1b[0m"
_CONTROL = re.compile(r"[\x00-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069]")
_SHOWN = 2000


def _now() -> datetime:
    return datetime.now(UTC)


@dataclass(frozen=True, kw_only=True, slots=True)
class Entry:
    """What became of one event or of one @connections call.

    `user` is empty when nobody is known; `size` is that of the frame in bytes;
    `received` and `sent` are the client's frame and what went to it. Headers, and so
    secrets and cookies, are not in it.
    """

    connection_id: str
    user: str = ""
    route_key: str
    outcome: str
    seconds: float = 0.0
    failed: bool = False
    size: int | None = None
    received: str | None = field(default=None, repr=False)
    sent: str | None = field(default=None, repr=False)
    at: datetime = field(default_factory=_now)

    def plain(self, *, bodies: bool) -> dict[str, Any]:
        """Its members for JSON, with or without the frames."""
        members = asdict(self)
        members["milliseconds"] = round(members.pop("seconds") * 1000, 1)
        if not bodies:
            del members["received"], members["sent"]
        return members


Record = Callable[[Entry], None]
Say = Callable[[str], object]
NameOf = Callable[[str], Awaitable[str]]
"""Tells who is behind a connection id; API Gateway itself does not know."""


def silent(entry: Entry) -> None:
    """Keeps no journal."""


async def unknown(_: str) -> str:
    """Knows nobody."""
    return ""


class Journal(Protocol):
    """Takes entries, and sentences that are no entry."""

    def __call__(self, entry: Entry) -> None: ...

    def remark(self, text: str) -> None: ...


@dataclass(frozen=True, kw_only=True, slots=True)
class Lines:
    """A line for each entry, in colour when asked; `bodies` adds the frames."""

    say: Say
    colour: bool = False
    bodies: bool = False

    def __call__(self, entry: Entry) -> None:
        time = f"{entry.at.astimezone():%H:%M:%S.%f}"[:-3]
        took = f"{entry.seconds * 1000:.1f} ms"
        size = "" if entry.size is None else f"{entry.size} B  "
        outcome = self._paint(_RED if entry.failed else _GREEN, _safe(entry.outcome))
        parts = (
            self._paint(_GREY, time),
            entry.connection_id or "-",
            f"{_safe(entry.user) or '-':<8}",
            f"{entry.route_key:<20}",
            outcome,
            self._paint(_GREY, size + took),
        )
        self.say("\n".join(["  ".join(parts), *self._frames(entry)]))

    def remark(self, text: str) -> None:
        self.say(text)

    def _frames(self, entry: Entry) -> Iterator[str]:
        for mark, text in ((">", entry.received), ("<", entry.sent)):
            if self.bodies and text is not None:
                yield f"    {self._paint(_GREY, mark)} {_safe(text)}"

    def _paint(self, colour: str, text: str) -> str:
        return f"{colour}{text}{_PLAIN}" if self.colour else text


@dataclass(frozen=True, kw_only=True, slots=True)
class JsonLines:
    """A JSON object a line; `bodies` adds the frames."""

    say: Say
    bodies: bool = False

    def __call__(self, entry: Entry) -> None:
        self.say(orjson.dumps(entry.plain(bodies=self.bodies)).decode())

    def remark(self, text: str) -> None:
        self.say(orjson.dumps({"at": _now(), "remark": text}).decode())


def _safe(text: str) -> str:
    """A client's text must not speak to the terminal, nor fill it."""
    shown = _CONTROL.sub(lambda found: f"\\x{ord(found[0]):02x}", text[:_SHOWN])
    more = len(text) - _SHOWN
    return f"{shown} ... and {more} characters" if more > 0 else shown
