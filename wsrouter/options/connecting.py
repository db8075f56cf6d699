"""Reads and checks the settings that decide which clients may connect."""

import re
from dataclasses import dataclass
from typing import Any

from wsrouter.options.publishing import checked_dict
from wsrouter.routing.throttle import Rate

TICKET_SECONDS = 60
TICKET_RATE = Rate(limit=20, seconds=60, scope="user")
_ORIGIN = re.compile(r"[a-z][a-z0-9+.-]*://[^/?#@\s,]+", re.IGNORECASE)
_SOCKET_URL = re.compile(r"wss?://[^/?#@\s,;]+(/[^?#\s,;]*)?")
_PATH = re.compile(r"[A-Za-z_]\w*(\.[A-Za-z_]\w*)+", re.ASCII)


@dataclass(frozen=True, kw_only=True, slots=True)
class TicketsOption:
    """How many seconds a ticket is valid, and at what rate a user gets tickets."""

    seconds: int = TICKET_SECONDS
    rate: Rate = TICKET_RATE


def allowed_origins(value: Any) -> tuple[str, ...]:
    """Read ALLOWED_ORIGINS; raises ValueError."""
    for origin in _strings(value):
        if origin != "*" and not _ORIGIN.fullmatch(origin):
            raise ValueError(
                f": {origin!r} is not an origin such as 'https://www.example.com' or"
                " 'https://*.example.com' (without a path or a slash at the end)."
            )
    return _strings(value)


def authentication(value: Any) -> tuple[str, ...]:
    """Read AUTHENTICATION; raises ValueError."""
    for path in _strings(value):
        if not _PATH.fullmatch(path):
            raise ValueError(f": {path!r} is not the dotted path of a function.")
    return _strings(value)


def client_url(value: Any) -> str:
    """Read CLIENT_URL; raises ValueError."""
    if _is_text(value) and _SOCKET_URL.fullmatch(value):
        return str(value)
    raise ValueError(
        f" must be a URL such as 'wss://ws.example.com', not {value!r}: with ws:// or"
        " wss://, without a query."
    )


def connect_throttle(value: Any) -> tuple[Rate, ...]:
    """Read CONNECT_THROTTLE; raises ValueError."""
    texts = _strings([value] if _is_text(value) else value)
    return tuple(_rate(text) for text in texts)


def tickets(value: Any) -> TicketsOption:
    """Read TICKETS; raises ValueError."""
    given = checked_dict(value, {"RATE", "SECONDS"})
    seconds = given.get("SECONDS", TICKET_SECONDS)
    if type(seconds) is not int or not 1 <= seconds <= TICKET_SECONDS:
        raise ValueError(
            f"['SECONDS'] must be 1 to {TICKET_SECONDS}, not {seconds!r}: a ticket is"
            " part of a URL, and URLs end up in logs."
        )
    if "RATE" not in value:
        return TicketsOption(seconds=seconds)
    try:
        rate = Rate.parse(value["RATE"])
    except ValueError as error:
        raise ValueError(f"['RATE']: {error}") from error
    if " per " in value["RATE"] and rate.scope != "user":
        raise ValueError("['RATE'] is counted per user.")
    return TicketsOption(seconds=seconds, rate=rate)


def _rate(text: str) -> Rate:
    try:
        rate = Rate.parse(text)
    except ValueError as error:
        raise ValueError(f": {error}") from error
    if rate.scope == "connection":
        raise ValueError(f": {text!r} must say 'per ip' or 'per user'.")
    return rate


def _is_text(value: Any) -> bool:
    return isinstance(value, str)


def _strings(value: Any) -> tuple[str, ...]:
    if isinstance(value, list | tuple) and all(map(_is_text, value)):
        return tuple(value)
    raise ValueError(f" must be a list of strings, not {value!r}.")


READERS = {
    "ALLOWED_ORIGINS": allowed_origins,
    "AUTHENTICATION": authentication,
    "CLIENT_URL": client_url,
    "CONNECT_THROTTLE": connect_throttle,
    "TICKETS": tickets,
}
"""The function that reads each of these settings. Its error message continues the text
`WSROUTER[...][...]`."""
