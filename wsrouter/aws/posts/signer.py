"""Signature Version 4 for posts to `@connections`, prepared once for many of them."""

import hmac
import re
from datetime import UTC, datetime
from hashlib import sha256
from typing import NamedTuple
from urllib.parse import quote

SERVICE = "execute-api"
ALGORITHM = "AWS4-HMAC-SHA256"
_PLAIN = re.compile(r"[A-Za-z0-9_-]*").fullmatch
_BLOCK = 64


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
        key = _signing_key(credentials.secret_key, date[:8], region)
        self._inner, self._outer = (
            sha256(_padded(key, 0x36)),
            sha256(_padded(key, 0x5C)),
        )
        self._authorization = (
            f"{ALGORITHM} Credential={credentials.access_key}/{scope},"
            f" SignedHeaders={';'.join(headers)}, Signature="
        )
        self.headers = headers

    def path(self, connection_id: str) -> str:
        """The path of the request, as it goes over the wire."""
        return self._prefix + encoded(connection_id)

    def authorization(self, connection_id: str) -> str:
        """The header that proves the post to this connection."""
        encoded_twice = encoded(connection_id).replace("%", "%25")
        canonical = self._start.copy()
        canonical.update((encoded_twice + self._end).encode())
        inner, outer = self._inner.copy(), self._outer.copy()
        inner.update((self._to_sign + canonical.hexdigest()).encode())
        outer.update(inner.digest())
        return self._authorization + outer.hexdigest()


def encoded(connection_id: str) -> str:
    """As a part of a path; the ids of AWS need no more than their `=` encoded."""
    plain = connection_id.rstrip("=")
    if _PLAIN(plain):
        return plain + "%3D" * (len(connection_id) - len(plain))
    return quote(connection_id, safe="")


def _padded(key: bytes, padding: int) -> bytes:
    """What a half of HMAC begins with: to go on from a copy of that hash is thrice as
    fast as `hmac.digest`."""
    return bytes(each ^ padding for each in key.ljust(_BLOCK, b"\0"))


def _canonical_end(headers: dict[str, str], data: bytes) -> str:
    """All of the canonical request that follows the path: there is no query string."""
    listed = "".join(f"{name}:{value}\n" for name, value in headers.items())
    return f"\n\n{listed}\n{';'.join(headers)}\n{sha256(data).hexdigest()}"


def _signing_key(secret_key: str, day: str, region: str) -> bytes:
    key = f"AWS4{secret_key}".encode()
    for part in (day, region, SERVICE, "aws4_request"):
        key = hmac.digest(key, part.encode(), "sha256")
    return key
