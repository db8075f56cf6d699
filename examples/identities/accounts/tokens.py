"""JSON Web Tokens of this API."""

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
    """Who sent a token, and when it ends."""

    user: Any
    expires_at: datetime


def make(user: Any) -> str:
    claims = {"sub": str(user.pk), "exp": datetime.now(UTC) + LIFETIME}
    return jwt.encode(claims, settings.SECRET_KEY, ALGORITHM)


def read(authorization: str) -> Bearer | None:
    """None for what is no token of an active user."""
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
