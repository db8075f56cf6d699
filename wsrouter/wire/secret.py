"""Proof that a request comes from our gateway."""

import hmac
import re
from collections.abc import Iterable

STRONG_CHARACTERS = 32
_ACCEPTED = re.compile(r"[A-Za-z0-9._~+/=-]+")
"""The characters that a static mapped value is known to keep on its way through AWS."""


def is_strong(secret: str) -> bool:
    """At least 32 characters, all from the set that AWS carries unchanged."""
    return len(secret) >= STRONG_CHARACTERS and bool(_ACCEPTED.fullmatch(secret))


def matches(given: str, secrets: Iterable[str]) -> bool:
    """Whether `given` is one of `secrets`, in constant time. An empty secret matches
    nothing."""
    guess = given.encode("utf-8", "surrogatepass")
    found = False
    for secret in secrets:
        equal = hmac.compare_digest(guess, secret.encode("utf-8", "surrogatepass"))
        found |= equal and bool(secret)
    return found
