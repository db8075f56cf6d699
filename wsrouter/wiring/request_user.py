"""`request.user` of a message: the user of its connection.

A message carries no cookies, so the middleware of Django finds nobody.
"""

from collections.abc import Callable
from functools import partial
from typing import Any

from asgiref.sync import sync_to_async
from django.utils.functional import SimpleLazyObject


def bind_user(request: Any, user: Any) -> None:
    """Make `user` the user of the request."""
    request.user = user
    request.auser = partial(_same, user)


def with_lazy_user(request: Any, find_user: Callable[[], Any]) -> Any:
    """The request itself; its user is looked up when it is first used."""
    user = SimpleLazyObject(find_user)
    request.user = user
    request.auser = partial(_look_up, user)
    return request


async def _same(user: Any) -> Any:
    return user


async def _look_up(user: Any) -> Any:
    await sync_to_async(bool)(user)
    return user
