"""Lines, as pages get them."""

from datetime import datetime

from pydantic import BaseModel

from chat.models import Line, Room

AT_ONCE = 30


class LineOut(BaseModel):
    id: int
    author: str
    text: str
    written_at: datetime


class Lines(BaseModel):
    lines: list[LineOut]
    more: bool


def line_out(line: Line) -> LineOut:
    return LineOut(
        id=line.pk,
        author=line.author.get_username(),
        text=line.text,
        written_at=line.written_at,
    )


def history(room: Room, before: int | None = None) -> Lines:
    """The newest lines of a room, or those before a line; the oldest comes first."""
    found = room.lines.select_related("author").order_by("-pk")
    if before is not None:
        found = found.filter(pk__lt=before)
    newest = [line_out(line) for line in found[: AT_ONCE + 1]]
    return Lines(lines=newest[:AT_ONCE][::-1], more=len(newest) > AT_ONCE)
