"""The settings of a gateway that say how events are sent, read and checked."""

from typing import Any

TRANSPORTS = ("default", "fast", "boto3")
ENGINES = ("celery", "tasks")
IN_FLIGHT = 1000
SECONDS = 25.0
"""A request ends after 29 seconds; what a send waits for at last may take some more."""


def transport(value: Any) -> str:
    return _one_of(TRANSPORTS, value)


def background(value: Any) -> str:
    return _one_of(ENGINES, value)


def in_flight(value: Any) -> int:
    return _number(value, most=IN_FLIGHT)


def recipients(value: Any) -> int:
    return _number(value, most=10_000_000)


def posts_per_second(value: Any) -> float:
    return _seconds(value, most=1_000_000.0)


def send_seconds(value: Any) -> float:
    return _seconds(value, most=SECONDS)


def _one_of(names: tuple[str, ...], value: Any) -> str:
    if value in names:
        return str(value)
    raise ValueError(f" must be {' or '.join(map(repr, names))}, not {value!r}.")


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
    "SEND_RECIPIENTS": recipients,
    "SEND_SECONDS": send_seconds,
    "SLICE_RECIPIENTS": recipients,
    "TRANSPORT": transport,
}
"""How each of these settings is read. A message starts where `WSROUTER[...][...]`
ends."""
