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
_BLOCK_BYTES = 64
"""The block size of SHA-256."""


class Credentials(NamedTuple):
    """An access key. The names are those of botocore's frozen credentials, which may be
    used instead."""

    access_key: str
    secret_key: str
    token: str | None = None


class Signer:
    """Signs posts of one body to one stage, all with the time `at`. It can be used for
    the five minutes that AWS allows between a signature and its arrival."""

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
        """The path of the request, percent-encoded."""
        return self._prefix + encoded(connection_id)

    def authorization(self, connection_id: str) -> str:
        """The `authorization` header of a post to this connection."""
        encoded_twice = encoded(connection_id).replace("%", "%25")
        canonical = self._start.copy()
        canonical.update((encoded_twice + self._end).encode())
        inner, outer = self._inner.copy(), self._outer.copy()
        inner.update((self._to_sign + canonical.hexdigest()).encode())
        outer.update(inner.digest())
        return self._authorization + outer.hexdigest()


def encoded(connection_id: str) -> str:
    """A connection id as a part of a path. In AWS's ids only `=` has to be encoded."""
    plain = connection_id.rstrip("=")
    if _PLAIN(plain):
        return plain + "%3D" * (len(connection_id) - len(plain))
    return quote(connection_id, safe="")


def _padded(key: bytes, padding: int) -> bytes:
    """The block that the inner or the outer hash of HMAC begins with. To continue a
    copy of that hash is three times as fast as `hmac.digest`."""
    return bytes(byte ^ padding for byte in key.ljust(_BLOCK_BYTES, b"\0"))


def _canonical_end(headers: dict[str, str], data: bytes) -> str:
    """The part of the canonical request that follows the path; the query string is
    empty."""
    listed = "".join(f"{name}:{value}\n" for name, value in headers.items())
    return f"\n\n{listed}\n{';'.join(headers)}\n{sha256(data).hexdigest()}"


def _signing_key(secret_key: str, day: str, region: str) -> bytes:
    key = f"AWS4{secret_key}".encode()
    for part in (day, region, SERVICE, "aws4_request"):
        key = hmac.digest(key, part.encode(), "sha256")
    return key
