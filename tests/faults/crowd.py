"""The people who watch, logged in, and the pages that they have open."""

import os
import random
from importlib import import_module
from typing import Any

from django.conf import settings
from django.contrib.auth import BACKEND_SESSION_KEY, HASH_SESSION_KEY, SESSION_KEY
from django.contrib.auth.models import User

PAGES, USERS, GROUPS = 200, 50, 20
BACKEND = "django.contrib.auth.backends.ModelBackend"


def made(
    count: int = PAGES, *, user_count: int = USERS, group_count: int = GROUPS
) -> list[dict[str, Any]]:
    """The pages; half of them get their state by HTTP. Publishers find the names of
    groups and users in the environment."""
    groups = [f"group-{number}" for number in range(group_count)]
    users = [User.objects.create_user(f"user-{n}") for n in range(user_count)]
    os.environ["FAULTS_GROUPS"] = ",".join(groups)
    os.environ["FAULTS_USERS"] = ",".join(str(user.pk) for user in users)
    return [
        _page(number, users[number % user_count], groups) for number in range(count)
    ]


def _page(number: int, user: User, groups: list[str]) -> dict[str, Any]:
    first, *others = random.sample(groups, 3)
    return {
        "name": f"page-{number}",
        "user": str(user.pk),
        "cookie": f"{settings.SESSION_COOKIE_NAME}={_session(user)}",
        "subscriptions": [[first], others],
        "usesHttp": number % 2 == 0,
    }


def _session(user: User) -> str:
    session = import_module(settings.SESSION_ENGINE).SessionStore()
    session[SESSION_KEY] = str(user.pk)
    session[BACKEND_SESSION_KEY] = BACKEND
    session[HASH_SESSION_KEY] = user.get_session_auth_hash()
    session.create()
    return str(session.session_key)
