"""What is told of a frame that has been answered."""

from collections.abc import Mapping
from contextvars import ContextVar
from dataclasses import dataclass
from typing import Any, TypeVar

from wsrouter.routing.connection import Connection
from wsrouter.routing.frame import Frame
from wsrouter.routing.outcome import Accept, Failure, Outcome, Raw, Refused, Reply


class Watch:
    """What is known of the frame that is being handled."""

    __slots__ = ("connection",)

    def __init__(self) -> None:
        self.connection: Connection | None = None


watch: ContextVar[Watch | None] = ContextVar("wsrouter_watch", default=None)
"""Set while a frame is handled of which somebody wants to know."""
C = TypeVar("C", bound=Connection)
_NAMES: Mapping[type, str] = {
    Accept: "accepted",
    Refused: "refused",
    Reply: "reply",
    Raw: "reply",
    Failure: "error",
}


@dataclass(frozen=True, kw_only=True, slots=True)
class HandledFrame:
    """A frame and what became of it.

    `outcome` is `reply`, `error`, `nothing`, `accepted` or `refused`. `route` is the
    key of the handler, or the client's text where no handler has it. `code` is that of
    an error frame, or the HTTP status of a refusal. `seconds` is the time from the
    verified request to its answer. `user` is a primary key: None where no user was
    looked up, or nobody is logged in. `frame` has the ids.
    """

    frame: Frame
    route: str
    outcome: str
    code: str
    seconds: float
    user: Any
    reply_bytes: int


def note(connection: C) -> C:
    """This is the connection of the frame that is being handled."""
    if (seen := watch.get()) is not None:
        seen.connection = connection
    return connection


def handled(
    frame: Frame, outcome: Outcome | None, *, seconds: float, user: Any, size: int
) -> HandledFrame:
    """Tell of a frame; `size` is that of the reply in bytes."""
    return HandledFrame(
        frame=frame,
        route=_route(outcome) or frame.route_key,
        outcome=_NAMES.get(type(outcome), "nothing"),
        code=_code(outcome),
        seconds=seconds,
        user=user,
        reply_bytes=size,
    )


def _route(outcome: Outcome | None) -> str | None:
    return outcome.action if isinstance(outcome, Reply | Failure) else None


def _code(outcome: Outcome | None) -> str:
    match outcome:
        case Failure(error=error):
            return str(error.code)
        case Refused(status=status):
            return str(status)
    return ""
