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


def environ_key(header: str) -> str:
    """The CGI variable in which WSGI and Django carry a header."""
    return "HTTP_" + header.upper().replace("-", "_")


def request_parameters(
    *, alias: str, secret: str, extra: Mapping[str, str] | None = None
) -> dict[str, str]:
    """RequestParameters of the integration: target to source, statics quoted.

    `extra` maps a project's own header names (without the prefix) to sources.
    """
    headers = {SECRET: f"'{secret}'", GATEWAY: f"'{alias}'"}
    headers |= {PREFIX + header.name: header.source for header in HEADERS.values()}
    headers |= {PREFIX + name: source for name, source in (extra or {}).items()}
    return {TARGET + name: source for name, source in headers.items()}


OPTIONAL_TARGETS = frozenset(
    TARGET + PREFIX + header.name for header in HEADERS.values() if header.optional
)
