"""The tokens of this API: signed, and good for a quarter of an hour."""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from django.contrib.auth.models import User
from django.core import signing

LIFETIME = timedelta(minutes=15)
SALT = "farm.tokens"


@dataclass(frozen=True)
class Bearer:
    """The user of a token, and when the token expires."""

    user: User
    expires_at: datetime


def make(user: User) -> str:
    expires_at = datetime.now(UTC) + LIFETIME
    return signing.dumps({"user": user.pk, "until": expires_at.timestamp()}, salt=SALT)


def read(authorization: str) -> Bearer | None:
    """The bearer of a valid token; None without one, or if its user is not active."""
    kind, _, token = authorization.partition(" ")
    try:
        said = signing.loads(token, salt=SALT)
    except signing.BadSignature:
        return None
    expires_at = datetime.fromtimestamp(said["until"], UTC)
    user = User.objects.filter(pk=said["user"], is_active=True).first()
    if kind != "Bearer" or user is None or expires_at <= datetime.now(UTC):
        return None
    return Bearer(user, expires_at)
