"""No frame, send or group reads a whole table, however large the registry is."""

from typing import Any

import pytest
from pytest_django import DjangoDbBlocker

from tests.benchmarks import registry_rows
from tests.benchmarks.registry_acts import ACTS
from tests.benchmarks.registry_plans import covered, recorded, scanned

pytestmark = [pytest.mark.database, pytest.mark.django_db]
SIZE = 20_000


@pytest.fixture(scope="module", autouse=True)
def _registry(django_db_setup: None, django_db_blocker: DjangoDbBlocker) -> Any:
    with django_db_blocker.unblock():
        registry_rows.fill(1, SIZE, SIZE)
        registry_rows.analyze()
        yield
        registry_rows.clear()


@pytest.mark.parametrize("name", ACTS)
def test_no_table_is_read_whole(name: str) -> None:
    with recorded() as statements:
        ACTS[name]()
    assert statements
    for sql, values in statements:
        assert not scanned(sql, values), f"{sql}\n{scanned(sql, values)}"


@pytest.mark.parametrize("name", ["to a large group", "a slice", "ids of a group"])
def test_a_page_of_a_group_is_read_in_one_go(name: str) -> None:
    with recorded() as statements:
        ACTS[name]()
    assert all(covered(*each) for each in statements)
