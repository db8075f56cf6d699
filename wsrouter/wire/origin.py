"""Parses the Origin header of a browser and compares it with the allowed origins."""

import re
from dataclasses import dataclass
from functools import lru_cache

_FORM = re.compile(
    r"(?P<scheme>[a-z][a-z0-9+.-]*)://"
    r"(?P<host>(?:\*\.)?[a-z0-9_.-]+|\[[0-9a-f:.]+\])(?::(?P<port>[0-9]{1,5}))?",
    re.ASCII,
)
_DEFAULT_PORTS = {"http": "80", "https": "443"}
_MAX_CHARACTERS = 300
"""A host name has 253 characters at most."""


@dataclass(frozen=True, slots=True)
class Origin:
    """Scheme, host and port; a host that starts with `*.` stands for its subdomains."""

    scheme: str
    host: str
    port: str

    @classmethod
    def parse(cls, text: str) -> "Origin | None":
        """None for a text that is no origin, such as `null`."""
        match = _FORM.fullmatch(text.lower())
        if match is None:
            return None
        port = match["port"] or _DEFAULT_PORTS.get(match["scheme"], "")
        return cls(match["scheme"], match["host"], port)

    def covers(self, other: "Origin") -> bool:
        return (self.scheme, self.port) == (other.scheme, other.port) and (
            self.host == other.host
            or (self.host.startswith("*.") and other.host.endswith(self.host[1:]))
        )


@dataclass(frozen=True, kw_only=True, slots=True)
class Origins:
    """The origins that may open a socket. `entries` are whole origins, or `*`.

    `hosts` are host names, with a dot in front for a domain and all below it; they
    count over https and its default port only, unless `lenient`. `own_host` is the host
    of the socket, which counts in the same way.
    """

    entries: tuple[str, ...] = ()
    hosts: tuple[str, ...] = ()
    lenient: bool = False
    own_host: str = ""

    def allow(self, text: str) -> bool:
        """Whether the text of an Origin header is one of them."""
        if "*" in self.entries:
            return True
        return len(text) <= _MAX_CHARACTERS and _covers(self, text)

    def covers(self, text: str) -> bool:
        origin = Origin.parse(text)
        if origin is None or "*" in origin.host:
            return False
        allowed = filter(None, map(Origin.parse, self.entries))
        return any(entry.covers(origin) for entry in allowed) or self._allow_host(
            origin
        )

    def _allow_host(self, origin: Origin) -> bool:
        usual = (origin.scheme, origin.port) == ("https", "443")
        own = origin.host == _without_port(self.own_host)
        if own and _is_execute_api(origin):
            return True
        if not usual and not (self.lenient and origin.scheme in _DEFAULT_PORTS):
            return False
        return own or any(
            origin.host == host.lower().removeprefix(".")
            or (host.startswith(".") and origin.host.endswith(host.lower()))
            for host in self.hosts
        )


@lru_cache(maxsize=256)
def _covers(origins: Origins, text: str) -> bool:
    """The pages that open sockets are few, and come again with every handshake."""
    return origins.covers(text)


def _is_execute_api(origin: Origin) -> bool:
    """Whether an origin is the execute-api host of an API. Browsers keep the cookies of
    no other host for it, so its origin over http, which some clients send for a wss
    address, is as good as the one over https."""
    default_port = origin.port == _DEFAULT_PORTS.get(origin.scheme)
    return default_port and ".execute-api." in origin.host


def _without_port(host: str) -> str:
    return re.sub(r":[0-9]+\Z", "", host.lower())
