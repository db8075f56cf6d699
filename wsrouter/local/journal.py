"""The journal: the events of the local gateway as lines, for people or for programs."""

import re
from collections.abc import Awaitable, Callable, Iterator
from dataclasses import asdict, dataclass, field
from datetime import UTC, datetime
from typing import Any, Protocol

import orjson

_GREY, _RED, _GREEN, _RESET = "\x1b[90m", "\x1b[31m", "\x1b[32m", "\x1b[0m"
_CONTROL_CHARACTERS = re.compile(
    r"[\x00-\x1f\x7f-\x9f\u200e\u200f\u2028-\u202e\u2066-\u2069]"
)
_MAX_TEXT_CHARACTERS = 2000
MAX_NAME_CHARACTERS = 130
"""The longest name is a route key: API Gateway takes 128 characters."""


def _now() -> datetime:
    return datetime.now(UTC)


@dataclass(frozen=True, kw_only=True, slots=True)
class Entry:
    """The outcome of one event or of one @connections request.

    `user` is empty for an anonymous client; `size` is the size of the frame in bytes;
    `received` is the client's frame and `sent` the frame that went to the client.
    Headers are left out, and with them secrets and cookies.
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

    def as_dict(self, *, with_frames: bool) -> dict[str, Any]:
        """The fields for JSON; the time taken is in `milliseconds`."""
        fields = asdict(self)
        fields["milliseconds"] = round(fields.pop("seconds") * 1000, 1)
        if not with_frames:
            del fields["received"], fields["sent"]
        return fields


WriteEntry = Callable[[Entry], None]
WriteLine = Callable[[str], object]
UserNameLookup = Callable[[str], Awaitable[str]]
"""Finds the user of a connection id; API Gateway itself does not know users."""


def discard_entry(entry: Entry) -> None:
    """A `WriteEntry` that writes nothing."""


async def no_user_name(_: str) -> str:
    """A `UserNameLookup` for which every client is anonymous."""
    return ""


class Journal(Protocol):
    """Writes entries, and notices: sentences that belong to no connection."""

    def __call__(self, entry: Entry) -> None: ...

    def write_notice(self, text: str) -> None: ...


@dataclass(frozen=True, kw_only=True, slots=True)
class TextJournal:
    """Writes a line for each entry; `with_frames` adds the frames below it."""

    write_line: WriteLine
    colour: bool = False
    with_frames: bool = False

    def __call__(self, entry: Entry) -> None:
        time = f"{entry.at.astimezone():%H:%M:%S.%f}"[:-3]
        duration = f"{entry.seconds * 1000:.1f} ms"
        size = "" if entry.size is None else f"{entry.size} B  "
        outcome = escape(entry.outcome)
        parts = (
            self._paint(_GREY, time),
            escape(entry.connection_id, MAX_NAME_CHARACTERS) or "-",
            f"{escape(entry.user, MAX_NAME_CHARACTERS) or '-':<8}",
            f"{escape(entry.route_key, MAX_NAME_CHARACTERS):<20}",
            self._paint(_RED if entry.failed else _GREEN, outcome),
            self._paint(_GREY, size + duration),
        )
        self.write_line("\n".join(["  ".join(parts), *self._frames(entry)]))

    def write_notice(self, text: str) -> None:
        self.write_line(text)

    def _frames(self, entry: Entry) -> Iterator[str]:
        for mark, text in ((">", entry.received), ("<", entry.sent)):
            if self.with_frames and text is not None:
                yield f"    {self._paint(_GREY, mark)} {escape(text)}"

    def _paint(self, colour: str, text: str) -> str:
        return f"{colour}{text}{_RESET}" if self.colour else text


@dataclass(frozen=True, kw_only=True, slots=True)
class JsonLinesJournal:
    """Writes one JSON object per line; `with_frames` adds the frames."""

    write_line: WriteLine
    with_frames: bool = False

    def __call__(self, entry: Entry) -> None:
        self._write(entry.as_dict(with_frames=self.with_frames))

    def write_notice(self, text: str) -> None:
        self._write({"at": _now(), "notice": text})

    def _write(self, fields: dict[str, Any]) -> None:
        # JSON leaves control characters above ASCII as they are.
        text = orjson.dumps(fields).decode()
        self.write_line(_CONTROL_CHARACTERS.sub(_json_escape, text))


def _json_escape(match: re.Match[str]) -> str:
    return f"\\u{ord(match[0]):04x}"


def escape(text: str, max_characters: int = _MAX_TEXT_CHARACTERS) -> str:
    """Escape and shorten text of a client: it must neither control nor fill the
    terminal."""
    shown = _CONTROL_CHARACTERS.sub(
        lambda match: f"\\x{ord(match[0]):02x}", text[:max_characters]
    )
    more = len(text) - max_characters
    return f"{shown} ... and {more} characters" if more > 0 else shown
