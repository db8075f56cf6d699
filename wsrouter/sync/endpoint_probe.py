"""Asks ENDPOINT who it is, with and without the secret; nothing is changed."""

import http.client
import ssl
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from urllib.parse import urlsplit

from wsrouter.options.gateway import Gateway
from wsrouter.wire import mapping

SECONDS = 10.0
REFUSED = 403
"""What the endpoint answers without a secret, before it looks at anything else."""
PROVEN = 405
"""What it answers to a GET that has one."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Answer:
    """What came back; `failure` says why nothing did."""

    status: int = 0
    location: str = ""
    failure: str = ""


def problems(gateway: Gateway) -> Iterator[str]:
    """What is wrong with the endpoint, and what to do about it."""
    proof = {
        mapping.GATEWAY: gateway.alias,
        mapping.SECRET: gateway.secrets[0] if gateway.secrets else "",
    }
    with_secret = get(gateway.endpoint, proof)
    if with_secret.status != PROVEN:
        yield explained(with_secret, gateway.endpoint)
        return
    without = get(gateway.endpoint, {mapping.GATEWAY: gateway.alias})
    if without.status != REFUSED:
        yield (
            f"ENDPOINT answers {without.status} instead of {REFUSED} without the"
            " secret: something before Django answers for it, or adds the header."
        )


def get(url: str, headers: Mapping[str, str]) -> Answer:
    """One GET; a redirect is not followed, as API Gateway does not."""
    parts = urlsplit(url)
    secure = parts.scheme == "https"
    kind = http.client.HTTPSConnection if secure else http.client.HTTPConnection
    connection = kind(parts.hostname or "", parts.port, timeout=SECONDS)
    path = f"{parts.path or '/'}{'?' + parts.query if parts.query else ''}"
    try:
        connection.request("GET", path, headers=dict(headers))
        answer = connection.getresponse()
        answer.read()
    except (OSError, http.client.HTTPException, ssl.SSLError) as error:
        return Answer(failure=str(error) or type(error).__name__)
    finally:
        connection.close()
    return Answer(status=answer.status, location=answer.getheader("Location") or "")


def explained(answer: Answer, endpoint: str) -> str:
    """Why a request with the secret was not answered as it should be."""
    if answer.failure:
        return f"ENDPOINT {endpoint} cannot be reached: {answer.failure}."
    if 300 <= answer.status < 400:
        return (
            f"ENDPOINT redirects to {answer.location}, and API Gateway does not follow."
            " Set ENDPOINT to that address, or exempt the path from the redirect."
        )
    return _BY_STATUS.get(
        answer.status,
        f"ENDPOINT answers {answer.status}: this is not wsrouter's endpoint.",
    )


_BY_STATUS = {
    400: "Django refuses the host of ENDPOINT (400): add it to ALLOWED_HOSTS.",
    REFUSED: (
        "ENDPOINT refuses the secret (403): the Django there has another SECRET, a weak"
        " one outside DEBUG, or a firewall before it."
    ),
    404: 'ENDPOINT is not found (404): add path("ws/", include("wsrouter.urls")).',
}
