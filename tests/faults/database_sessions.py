"""Ends sessions of the database, as an administrator or a failover does."""

import random

from django.db import Error, connection

_SESSIONS = {
    "postgresql": (
        "SELECT pid FROM pg_stat_activity WHERE datname = current_database()"
        " AND pid <> pg_backend_pid()"
    ),
    "mysql": (
        "SELECT id FROM information_schema.processlist WHERE db = DATABASE()"
        " AND id <> connection_id()"
    ),
}
_END = {"postgresql": "SELECT pg_terminate_backend(%s)", "mysql": "KILL %s"}


def end_half(chance: random.Random) -> int:
    """About half of them, whatever they are at; how many."""
    with connection.cursor() as cursor:
        cursor.execute(_SESSIONS[connection.vendor])
        numbers = [number for (number,) in cursor.fetchall()]
    return sum(_end(number) for number in numbers if chance.random() < 0.5)


def _end(number: int) -> bool:
    try:
        with connection.cursor() as cursor:
            cursor.execute(_END[connection.vendor], [number])
    except Error:  # it has ended meanwhile
        connection.close()
        return False
    return True
