"""Signature Version 4 for posts to `@connections`, prepared once for many of them."""

import hmac
from datetime import UTC, datetime
from hashlib import sha256
from typing import NamedTuple
from urllib.parse import quote

SERVICE = "execute-api"
ALGORITHM = "AWS4-HMAC-SHA256"


class Credentials(NamedTuple):
    """A key that does not change; botocore's frozen credentials have the same names."""

    access_key: str
    secret_key: str
    token: str | None = None


class Signer:
    """Signs posts of one body to one stage; good for the five minutes that AWS allows
    between a signature and its arrival."""

    def __init__(
        self,
        credentials: Credentials,
        *,
        host: str,
        path: str,
        region: str,
        data: bytes,
        at: datetime | None = None,
    ) -> None:
        date = (at or datetime.now(UTC)).strftime("%Y%m%dT%H%M%SZ")
        scope = f"{date[:8]}/{region}/{SERVICE}/aws4_request"
        self._prefix = f"{path}/@connections/"
        headers = {"host": host, "x-amz-date": date}
        if credentials.token:
            headers["x-amz-security-token"] = credentials.token
        self._start = sha256(f"POST\n{quote(self._prefix, safe='/~')}".encode())
        self._end = _canonical_end(headers, data)
        self._to_sign = f"{ALGORITHM}\n{date}\n{scope}\n"
        self._key = _signing_key(credentials.secret_key, date[:8], region)
        self._authorization = (
            f"{ALGORITHM} Credential={credentials.access_key}/{scope},"
            f" SignedHeaders={';'.join(headers)}, Signature="
        )
        self.headers = headers

    def path(self, connection_id: str) -> str:
        """The path of the request, as it goes over the wire."""
        return self._prefix + quote(connection_id, safe="")

    def authorization(self, connection_id: str) -> str:
        """The header that proves the post to this connection."""
        canonical = self._start.copy()
        encoded_twice = quote(quote(connection_id, safe=""), safe="")
        canonical.update(f"{encoded_twice}{self._end}".encode())
        to_sign = (self._to_sign + canonical.hexdigest()).encode()
        signature = hmac.digest(self._key, to_sign, "sha256").hex()
        return self._authorization + signature


def _canonical_end(headers: dict[str, str], data: bytes) -> str:
    """All of the canonical request that follows the path: there is no query string."""
    listed = "".join(f"{name}:{value}\n" for name, value in headers.items())
    return f"\n\n{listed}\n{';'.join(headers)}\n{sha256(data).hexdigest()}"


def _signing_key(secret_key: str, day: str, region: str) -> bytes:
    key = f"AWS4{secret_key}".encode()
    for part in (day, region, SERVICE, "aws4_request"):
        key = hmac.digest(key, part.encode(), "sha256")
    return key
