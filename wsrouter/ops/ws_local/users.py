"""The user of a connection, for the journal of `ws_local`, from the database."""

import asyncio
from contextlib import suppress

from asgiref.sync import sync_to_async
from django.contrib.auth import get_user_model
from django.core.exceptions import ImproperlyConfigured
from django.db import Error

from wsrouter.models import OpenConnection
from wsrouter.registry import database

_TIMEOUT_SECONDS = 1.0


async def user_name(connection_id: str) -> str:
    """The username; empty for an anonymous connection, and when the database is slow or
    cannot be used."""
    with suppress(TimeoutError, Error, ImproperlyConfigured):
        return await asyncio.wait_for(_look_up(connection_id), _TIMEOUT_SECONDS)
    return ""


@sync_to_async
def _look_up(connection_id: str) -> str:
    database.close_old_connections()
    try:
        return _stored(connection_id)
    finally:
        database.close_old_connections()


def _stored(connection_id: str) -> str:
    username_field = f"user__{get_user_model().USERNAME_FIELD}"
    rows = OpenConnection.objects.using(database.alias())
    rows = rows.filter(connection_id=connection_id)
    return str(rows.values_list(username_field, flat=True).first() or "")
