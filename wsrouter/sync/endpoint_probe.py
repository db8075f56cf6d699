"""Sends a GET to ENDPOINT with and without the secret; changes nothing."""

import http.client
import ssl
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from urllib.parse import urlsplit

from wsrouter.options.gateway import Gateway
from wsrouter.wire import mapping

TIMEOUT_SECONDS = 10.0
REFUSED_STATUS = 403
"""The endpoint's answer to a request without the secret."""
ACCEPTED_STATUS = 405
"""The endpoint's answer to a GET with the secret: it takes POST only."""


@dataclass(frozen=True, kw_only=True, slots=True)
class ProbeAnswer:
    """An answer of ENDPOINT; `failure` is the reason when there was none."""

    status: int = 0
    location: str = ""
    failure: str = ""


def problems(gateway: Gateway) -> Iterator[str]:
    """One sentence for each problem: what is wrong, and what to do about it."""
    headers = {
        mapping.GATEWAY: gateway.alias,
        mapping.SECRET: gateway.secrets[0] if gateway.secrets else "",
    }
    with_secret = get(gateway.endpoint, headers)
    if with_secret.status != ACCEPTED_STATUS:
        yield explain(with_secret, gateway.endpoint)
        return
    without = get(gateway.endpoint, {mapping.GATEWAY: gateway.alias})
    if without.status != REFUSED_STATUS:
        yield (
            f"ENDPOINT answers {without.status} instead of {REFUSED_STATUS} without the"
            " secret: something in front of Django answers in its place,"
            " or adds the header."
        )


def get(url: str, headers: Mapping[str, str]) -> ProbeAnswer:
    """Send one GET. Redirects are not followed: API Gateway does not either."""
    parts = urlsplit(url)
    secure = parts.scheme == "https"
    kind = http.client.HTTPSConnection if secure else http.client.HTTPConnection
    connection = kind(parts.hostname or "", parts.port, timeout=TIMEOUT_SECONDS)
    path = f"{parts.path or '/'}{'?' + parts.query if parts.query else ''}"
    try:
        connection.request("GET", path, headers=dict(headers))
        answer = connection.getresponse()
        answer.read()
    except (OSError, http.client.HTTPException, ssl.SSLError) as error:
        return ProbeAnswer(failure=str(error) or type(error).__name__)
    finally:
        connection.close()
    return ProbeAnswer(
        status=answer.status, location=answer.getheader("Location") or ""
    )


def explain(answer: ProbeAnswer, endpoint: str) -> str:
    """Why a request with the secret got another answer than 405."""
    if answer.failure:
        return f"ENDPOINT {endpoint} cannot be reached: {answer.failure}."
    if 300 <= answer.status < 400:
        return (
            f"ENDPOINT redirects to {answer.location}, and API Gateway does not follow."
            " Set ENDPOINT to that address, or exempt the path from the redirect."
        )
    return _BY_STATUS.get(
        answer.status,
        f"ENDPOINT answers {answer.status}: that is not the endpoint of wsrouter.",
    )


_BY_STATUS = {
    400: "Django refuses the host of ENDPOINT (400): add it to ALLOWED_HOSTS.",
    REFUSED_STATUS: (
        "ENDPOINT refuses the secret (403): the Django there has another SECRET, or a"
        " weak one outside DEBUG, or a firewall refuses the request."
    ),
    404: 'ENDPOINT is not found (404): add path("ws/", include("wsrouter.urls")).',
}
