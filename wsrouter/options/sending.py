"""Reads and checks the settings of a gateway that say how events are sent."""

from typing import Any

TRANSPORTS = ("auto", "threads", "curl", "boto3")
ENGINES = ("celery", "tasks")
MAX_IN_FLIGHT = 1000
MAX_PRESENCE_MEMBERS = 1000
"""They are all named in one event, which has 128 KB."""
MAX_SECONDS = 25.0
"""A request ends after 29 seconds, and the last posts of a send may take longer than
the send's own limit."""


def transport(value: Any) -> str:
    """A name of TRANSPORTS, or a dotted path, which is imported with the first send."""
    if value in TRANSPORTS or _is_dotted_path(value):
        return str(value)
    raise ValueError(f" must be {_listed(TRANSPORTS)} or a dotted path, not {value!r}.")


def background(value: Any) -> str:
    return _one_of(ENGINES, value)


def in_flight(value: Any) -> int:
    return _number(value, most=MAX_IN_FLIGHT)


def recipients(value: Any) -> int:
    return _number(value, most=10_000_000)


def posts_per_second(value: Any) -> float:
    return _seconds(value, most=1_000_000.0)


def shared_cache(value: Any) -> str:
    if isinstance(value, str) and value:
        return value
    raise ValueError(f" must be the name of a cache in CACHES, not {value!r}.")


def presence_members(value: Any) -> int:
    return _number(value, most=MAX_PRESENCE_MEMBERS)


def send_seconds(value: Any) -> float:
    return _seconds(value, most=MAX_SECONDS)


def _one_of(names: tuple[str, ...], value: Any) -> str:
    if value in names:
        return str(value)
    raise ValueError(f" must be {_listed(names)}, not {value!r}.")


def _listed(names: tuple[str, ...]) -> str:
    return " or ".join(map(repr, names))


def _is_dotted_path(value: Any) -> bool:
    if not isinstance(value, str) or "." not in value:
        return False
    return all(part.isidentifier() for part in value.split("."))


def _number(value: Any, *, most: int) -> int:
    if type(value) is int and 1 <= value <= most:
        return value
    raise ValueError(f" must be a number from 1 to {most}, not {value!r}.")


def _seconds(value: Any, *, most: float) -> float:
    is_number = isinstance(value, int | float) and not isinstance(value, bool)
    if is_number and 0 < value <= most:
        return float(value)
    raise ValueError(f" must be more than 0 and at most {most:g}, not {value!r}.")


READERS = {
    "BACKGROUND": background,
    "IN_FLIGHT": in_flight,
    "POSTS_PER_SECOND": posts_per_second,
    "PRESENCE_MEMBERS": presence_members,
    "SEND_RECIPIENTS": recipients,
    "SEND_SECONDS": send_seconds,
    "SHARED_CACHE": shared_cache,
    "SHARED_POSTS_PER_SECOND": posts_per_second,
    "SLICE_RECIPIENTS": recipients,
    "TRANSPORT": transport,
}
"""The reader of each of these settings. It raises ValueError with a message that
follows `WSROUTER[...][...]`."""
