"""The log `wsrouter.frames`: one line of JSON for each frame, each send and each run of
the reaper.

It is written where LOGGING sets this logger's own level to INFO; the level of
`wsrouter` does not reach it. A line has no payload, no address and no cookie.
"""

import logging
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

import orjson

from wsrouter.routing.delivery import Delivery
from wsrouter.routing.handled import HandledFrame

logger = logging.getLogger("wsrouter.frames")
if logger.level == logging.NOTSET:
    logger.setLevel(logging.WARNING)


def is_enabled() -> bool:
    return logger.isEnabledFor(logging.INFO)


def write_frame(handled: HandledFrame) -> None:
    """A line for a frame that has been answered."""
    frame = handled.frame
    line: dict[str, Any] = {
        "at": _time(),
        "event": frame.event_type.lower(),
        "gateway": frame.gateway,
        "route": handled.route,
        "outcome": handled.outcome,
        "code": handled.code,
        "ms": round(handled.seconds * 1000, 3),
        "user": None if handled.user is None else str(handled.user),
        "connection": frame.connection_id,
        "request": frame.request_id,
        "message": frame.message_id,
        "bytes": len(frame.body),
        "reply_bytes": handled.reply_bytes,
    }
    if frame.disconnect_code is not None:
        line["close_code"] = frame.disconnect_code
    _write(line)


def write_send(delivery: Delivery) -> None:
    """A line for a send that has been carried out."""
    if (report := delivery.report) is None or not is_enabled():
        return
    _write(
        {
            "at": _time(),
            "event": "send",
            "type": delivery.event,
            "outcome": "error" if report.failed or report.stopped else "sent",
            "delivered": report.delivered,
            "gone": report.gone,
            "failed": report.failed,
            "left_out": report.left_out,
            "reasons": dict(report.reasons),
            "stopped": report.stopped,
        }
    )


def write_reap(counts: Mapping[str, float], *, has_failed: bool) -> None:
    """A line for a run of the reaper: it failed where an engine took no send."""
    outcome = "error" if has_failed else "done"
    _write({"at": _time(), "event": "reap", "outcome": outcome, **counts})


def _write(line: dict[str, Any]) -> None:
    logger.info("%s", orjson.dumps(line).decode(), extra={"frame": line})


def _time() -> str:
    return datetime.now(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
