"""How often a route may be called, as declared: "20/m", "100/h per user"."""

import re
from dataclasses import dataclass
from typing import Literal, cast

Scope = Literal["connection", "user", "ip"]
_SECONDS = {"s": 1, "m": 60, "h": 3600, "d": 86400}
_FORM = re.compile(
    r"([1-9]\d{0,8})/([1-9]\d{0,5})?([smhd])(?: per (connection|user|ip))?", re.ASCII
)


@dataclass(frozen=True, kw_only=True, slots=True)
class Rate:
    """`limit` calls in `seconds`, counted for each connection, user or IP address."""

    limit: int
    seconds: int
    scope: Scope = "connection"

    @classmethod
    def parse(cls, text: str) -> "Rate":
        """Raises ValueError when `text` is not of the form "20/m per user"."""
        if not (match := _FORM.fullmatch(str(text))):
            raise ValueError(
                f"The throttle {text!r} is not of the form '20/m', '5/10s' or"
                " '100/h per user' (s, m, h, d; per connection, user or ip)."
            )
        count, factor, unit, scope = match.groups()
        return cls(
            limit=int(count),
            seconds=int(factor or 1) * _SECONDS[unit],
            scope=cast(Scope, scope or "connection"),
        )
