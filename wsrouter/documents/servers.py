"""Where clients connect."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

from wsrouter.documents.security import needed
from wsrouter.options.gateway import Gateway


@dataclass(frozen=True, kw_only=True, slots=True)
class Server:
    """A URL of the socket, such as `wss://ws.example.com/production`. `name` is a word
    for programs: `production`, `local`."""

    name: str
    url: str
    description: str = ""


def servers(
    urls: Iterable[Server], gateway: Gateway, security: dict[str, Any]
) -> dict[str, Any]:
    """The servers of a document by name."""
    return {server.name: _server(server, gateway, security) for server in urls}


def _server(
    server: Server, gateway: Gateway, security: dict[str, Any]
) -> dict[str, Any]:
    parts = urlsplit(server.url)
    found: dict[str, Any] = {"host": parts.netloc, "protocol": parts.scheme}
    if path := parts.path.rstrip("/"):
        found["pathname"] = path
    if server.description:
        found["description"] = server.description
    if names := [name for name in needed(gateway) if name in security]:
        found["security"] = [
            {"$ref": f"#/components/securitySchemes/{name}"} for name in names
        ]
    return found
