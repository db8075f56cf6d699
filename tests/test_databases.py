"""The chosen database is the one that the tests run on."""

import pytest
from django.db import connection
from django.test import TestCase

from tests import databases


@pytest.mark.database
class DatabaseTests(TestCase):
    def test_the_chosen_one_answers(self) -> None:
        assert connection.vendor == databases.CHOSEN

    def test_mariadb_ignores_case_unless_a_column_says_otherwise(self) -> None:
        if connection.vendor == "mysql":
            with connection.cursor() as cursor:
                cursor.execute("SELECT @@collation_database")
                assert cursor.fetchone() == ("utf8mb4_general_ci",)
