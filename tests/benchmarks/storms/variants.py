"""Whose handshakes are compared, and what API Gateway posts for each of them."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

from django.conf import settings

from tests.benchmarks.site import people
from tests.benchmarks.site.variants import body
from tests.benchmarks.storms.clients import Client

AS_IT_COMES, LEAST = "the rival as it comes", "the rival at its least"
_BROWSER = {
    "Origin": "https://www.example.com",
    "Sec-WebSocket-Extensions": "permessage-deflate; client_max_window_bits",
    "Sec-WebSocket-Key": "dGhlIHNhbXBsZSBub25jZQ==",
    "Sec-WebSocket-Version": "13",
}


@dataclass(frozen=True, kw_only=True)
class Variant:
    """`proof` is what the handshake shows: a session, a ticket, or a session with the
    rival's token."""

    name: str
    sessions: str
    proof: str
    path: str
    messages: str
    action: str

    @property
    def is_rival(self) -> bool:
        return self.path != "/ws/"

    @property
    def has_own_messages(self) -> bool:
        """Whether messages cost it something else than another variant."""
        return not self.name.startswith(LEAST)

    def handshake(self, client: Client, storm: str) -> tuple[str, dict[str, str]]:
        """The URL and the headers; the connection's id is one of this storm."""
        connection_id = f"{storm}{client.number:07d}="
        headers = people.headers("$connect", connection_id, "CONNECT") | _BROWSER
        if self.proof != "ticket":
            headers["Cookie"] = f"{settings.SESSION_COOKIE_NAME}={client.session}"
        headers["X-Forwarded-For"] = client.address
        return self.path + self._query(client), headers

    def handshakes(self, clients: Iterable[Client], storm: str) -> Iterator[bytes]:
        """A request for each client."""
        for each in clients:
            yield _request(*self.handshake(each, storm), b"")

    def message(self) -> bytes:
        headers = people.headers(self.action) | {"Content-Type": "application/json"}
        return _request(self.messages, headers, body(self.action))

    def _query(self, client: Client) -> str:
        if self.proof == "ticket":
            return f"?ticket={client.ticket}"
        return f"?ws_token={client.token}" if self.proof == "token" else ""


def known() -> Sequence[Variant]:
    """Ours, and the rival's if it is installed."""
    found = [_ours("cached_db sessions", "cached_db", "session")]
    found.append(_ours("db sessions", "db", "session"))
    found.append(_ours("tickets", "cached_db", "ticket"))
    if settings.HAS_RIVAL:
        for sessions in ("cached_db", "db"):
            found.append(_rival(AS_IT_COMES, sessions, "token", "rival"))
            found.append(_rival(LEAST, sessions, "session", "least"))
    return found


def rival_of(variant: Variant, which: str) -> str:
    """The name of the rival's variant that `variant` is compared with: the one with the
    same sessions."""
    return f"{which}, {variant.sessions} sessions"


def _ours(name: str, sessions: str, proof: str) -> Variant:
    return Variant(
        name=name,
        sessions=sessions,
        proof=proof,
        path="/ws/",
        messages="/ws/",
        action="mine",
    )


def _rival(name: str, sessions: str, proof: str, path: str) -> Variant:
    return Variant(
        name=f"{name}, {sessions} sessions",
        sessions=sessions,
        proof=proof,
        path=f"/{path}/connect/",
        messages="/rival/default/",
        action="watch",
    )


def _request(path: str, headers: dict[str, str], content: bytes) -> bytes:
    lines = [f"POST {path} HTTP/1.1"]
    lines += [f"{name}: {value}" for name, value in headers.items()]
    lines += [f"Content-Length: {len(content)}", "", ""]
    return "\r\n".join(lines).encode() + content
