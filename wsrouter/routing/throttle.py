"""How often a route may be called, as declared: "20/m", "100/h per user"."""

import ipaddress
import re
from dataclasses import dataclass
from functools import lru_cache
from typing import Literal, cast

from wsrouter.errors import MessageError

Scope = Literal["connection", "user", "ip"]
_SECONDS = {"s": 1, "m": 60, "h": 3600, "d": 86400}
_FORM = re.compile(
    r"([1-9]\d{0,8})/([1-9]\d{0,5})?([smhd])(?: per (connection|user|ip))?", re.ASCII
)

_IPV6_PREFIX_BITS = 64
"""What a provider gives to one customer at least: who has one address of such a
network has all of them (RFC 6177)."""


@lru_cache(maxsize=1024)
def counted_network(address: str) -> str:
    """What "per ip" counts an address as: an IPv4 address as itself, also in its IPv6
    form (`::ffff:192.0.2.1`), an IPv6 address as its /64 network."""
    try:
        parsed = ipaddress.ip_address(address)
    except ValueError:
        return address
    if isinstance(parsed, ipaddress.IPv4Address):
        return address
    if parsed.ipv4_mapped is not None:
        return str(parsed.ipv4_mapped)
    return str(ipaddress.ip_network((int(parsed), _IPV6_PREFIX_BITS), strict=False))


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


def throttled(wait: float) -> MessageError:
    """The error of a call that comes `wait` seconds too early."""
    return MessageError(
        "throttled",
        f"Too many messages; try again in {wait:.0f} s.",
        retry=True,
        detail={"retry_after": round(wait, 1)},
    )
