"""The chosen database is the one that the tests run on."""

import pytest
from django.db import connection
from django.test import TestCase

from tests import databases
from tests.local.recording_backend import wait_until


@pytest.mark.database
class DatabaseTests(TestCase):
    def test_the_chosen_one_answers(self) -> None:
        assert connection.vendor == databases.CHOSEN

    def test_mariadb_ignores_case_unless_a_column_says_otherwise(self) -> None:
        if connection.vendor == "mysql":
            with connection.cursor() as cursor:
                cursor.execute("SELECT @@collation_database")
                assert cursor.fetchone() == ("utf8mb4_general_ci",)


@pytest.mark.database
@pytest.mark.skipif(not databases.POOLED, reason="PgBouncer is not in between.")
@pytest.mark.django_db(transaction=True)
def test_each_transaction_has_another_session_of_the_server() -> None:
    """As soon as PgBouncer has opened more than one."""
    seen = set()

    def is_another() -> bool:
        with connection.cursor() as cursor:
            cursor.execute("SELECT pg_backend_pid()")
            seen.add(cursor.fetchone())
        return len(seen) > 1

    wait_until(is_another)
