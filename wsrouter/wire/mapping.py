"""The one list of headers that carry API Gateway's context to the endpoint.

`ws_sync` publishes it as RequestParameters, the local gateway evaluates it, the
endpoint decodes it.
"""

from collections.abc import Mapping
from dataclasses import dataclass

PREFIX = "X-Wsrouter-"
TARGET = "integration.request.header."
SECRET = f"{PREFIX}Secret"
GATEWAY = f"{PREFIX}Gateway"
NO_PRINCIPAL = "-"
"""The value of Principal-Id without an authorizer, so that a client cannot set it."""
PRINCIPAL = "context.authorizer.principalId"
"""The source of Principal-Id with an authorizer."""
UNGUESSABLE_CHARACTERS = 24
"""From this length on, a header's name is taken for a random one."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Header:
    """One mapped header and the `context` variable it carries.

    `optional` marks the ones that AWS may refuse to map.
    """

    name: str
    source: str
    optional: bool = False

    @property
    def environ_key(self) -> str:
        return environ_key(PREFIX + self.name)


HEADERS: Mapping[str, Header] = {
    name: Header(name=name, source=source, optional=name.startswith("Disconnect-"))
    for name, source in {
        "Event-Type": "context.eventType",
        "Route-Key": "context.routeKey",
        "Connection-Id": "context.connectionId",
        "Connected-At": "context.connectedAt",
        "Message-Id": "context.messageId",
        "Request-Id": "context.requestId",
        "Api-Id": "context.apiId",
        "Stage": "context.stage",
        "Domain-Name": "context.domainName",
        "Source-Ip": "context.identity.sourceIp",
        "User-Agent": "context.identity.userAgent",
        "Principal-Id": f"'{NO_PRINCIPAL}'",
        "Disconnect-Code": "context.disconnectStatusCode",
        "Disconnect-Reason": "context.disconnectReason",
    }.items()
}


_NULL_AT_CONNECT = frozenset({"Message-Id", "Disconnect-Code", "Disconnect-Reason"})
_NEVER_NULL = frozenset(
    header.source for name, header in HEADERS.items() if name not in _NULL_AT_CONNECT
) | {
    "context.extendedRequestId",
    "context.requestTime",
    "context.requestTimeEpoch",
}
"""Sources that have a value at every `$connect` (AWS: "WebSocket API mapping template
reference for API Gateway"), and the User-Agent, which is the client's own anyway."""


def trusted_at_connect(extra: Mapping[str, str], *, authorized: bool) -> dict[str, str]:
    """The names, without the prefix, of the headers whose values at `$connect` are not
    the client's, each with the name of the header that has its value.

    API Gateway passes the client's own headers at `$connect`, and may leave out a
    mapped header whose source is null. What arrives under its name is the client's
    then. A header whose source may be null is trusted if its name cannot be guessed,
    or if such a name has the same source. `extra` maps a project's own names to
    sources; an `authorized` gateway compares the copies of the principal itself.
    """
    unguessable = {
        source: name for name, source in extra.items() if is_unguessable(name)
    }
    trusted = {name: name for name in HEADERS if name not in _NULL_AT_CONNECT}
    trusted |= {name: name for name in ("Secret", "Gateway")}
    for name, source in extra.items():
        is_compared = authorized and source == PRINCIPAL
        if source.startswith("'") or source in _NEVER_NULL or is_compared:
            trusted[name] = name
        elif source in unguessable:
            trusted[name] = name if is_unguessable(name) else unguessable[source]
    return trusted


def is_unguessable(name: str) -> bool:
    """Whether a header's name, without the prefix, is too long to be guessed."""
    return len(name) >= UNGUESSABLE_CHARACTERS


def environ_key(header: str) -> str:
    """The CGI variable in which WSGI and Django carry a header."""
    return "HTTP_" + header.upper().replace("-", "_")


def request_parameters(
    *,
    alias: str,
    secret: str,
    extra: Mapping[str, str] | None = None,
    authorized: bool = False,
) -> dict[str, str]:
    """RequestParameters of the integration: target to source, statics quoted.

    `extra` maps a project's own header names (without the prefix) to sources. An
    `authorized` gateway has the principal in a header of its own.
    """
    headers = {SECRET: f"'{secret}'", GATEWAY: f"'{alias}'"}
    headers |= {PREFIX + header.name: header.source for header in HEADERS.values()}
    if authorized:
        headers[PREFIX + "Principal-Id"] = PRINCIPAL
    headers |= {PREFIX + name: source for name, source in (extra or {}).items()}
    return {TARGET + name: source for name, source in headers.items()}


OPTIONAL_TARGETS = frozenset(
    TARGET + PREFIX + header.name for header in HEADERS.values() if header.optional
)
