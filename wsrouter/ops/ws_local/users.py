"""Whose connection it is, for the lines of `ws_local`: the database knows."""

import asyncio
from contextlib import suppress

from asgiref.sync import sync_to_async
from django.contrib.auth import get_user_model
from django.core.exceptions import ImproperlyConfigured
from django.db import Error

from wsrouter.models import OpenConnection
from wsrouter.registry import database

_PATIENCE_SECONDS = 1.0


async def name_of(connection_id: str) -> str:
    """The username; empty for nobody, and where the database does not tell at once."""
    with suppress(TimeoutError, Error, ImproperlyConfigured):
        return await asyncio.wait_for(_look_up(connection_id), _PATIENCE_SECONDS)
    return ""


@sync_to_async
def _look_up(connection_id: str) -> str:
    database.close_old_connections()
    named = f"user__{get_user_model().USERNAME_FIELD}"
    rows = OpenConnection.objects.filter(connection_id=connection_id)
    return str(rows.values_list(named, flat=True).first() or "")
