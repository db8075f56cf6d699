"""The JSON Web Tokens of this API."""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

import jwt
from django.conf import settings
from django.contrib.auth import get_user_model

LIFETIME = timedelta(minutes=15)
ALGORITHM = "HS256"


@dataclass(frozen=True)
class Bearer:
    """The user of a token, and when the token expires."""

    user: Any
    expires_at: datetime


def make(user: Any) -> str:
    claims = {"sub": str(user.pk), "exp": datetime.now(UTC) + LIFETIME}
    return jwt.encode(claims, settings.SECRET_KEY, ALGORITHM)


def read(authorization: str) -> Bearer | None:
    """The bearer of a valid token; None without one, or if its user is not active."""
    kind, _, text = authorization.partition(" ")
    required = {"require": ["sub", "exp"]}
    try:
        claims = jwt.decode(
            text, settings.SECRET_KEY, algorithms=[ALGORITHM], options=required
        )
    except jwt.InvalidTokenError:
        return None
    users = get_user_model().objects.filter(pk=claims["sub"], is_active=True)
    user = users.first() if kind == "Bearer" else None
    end = datetime.fromtimestamp(claims["exp"], UTC)
    return Bearer(user, end) if user else None
