"""No frame, send, group or sweep reads a whole table, however large it is."""

from collections.abc import Callable
from typing import Any

import pytest
from django.utils import timezone
from pytest_django import DjangoDbBlocker

from tests.benchmarks import registry_rows, sweep_rows
from tests.benchmarks.registry_acts import ACTS
from tests.benchmarks.registry_plans import covered, recorded, scanned
from wsrouter.models import KeptEvent, Stream
from wsrouter.registry import sweep_positions
from wsrouter.registry.presence import presence_retention
from wsrouter.registry.streams import retention

pytestmark = [pytest.mark.database, pytest.mark.django_db]
SIZE = 20_000
SWEEPS = {
    "who has left unnoticed": presence_retention.note_unnoticed,
    "unused presence": presence_retention.delete_unused,
    "old events": retention.delete_old,
    "unused streams": retention.delete_unused,
}


@pytest.fixture(scope="module", autouse=True)
def _registry(django_db_setup: None, django_db_blocker: DjangoDbBlocker) -> Any:
    with django_db_blocker.unblock():
        try:
            registry_rows.fill(1, SIZE, SIZE)
            sweep_rows.fill()
            sweep_rows.fill_untold()
            registry_rows.analyze(*sweep_rows.MODELS)
            yield
        finally:
            sweep_rows.clear()
            registry_rows.clear()


@pytest.mark.parametrize("name", ACTS)
def test_no_table_is_read_whole(name: str) -> None:
    _assert_nothing_is_read_whole(ACTS[name])


@pytest.mark.parametrize("name", SWEEPS)
def test_no_sweep_reads_a_table_whole(
    name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sweep_positions, "PART_ROWS", 100)
    sweep_rows.start_anew()
    ended = KeptEvent.objects.filter(name="room:77")
    ended.update(seconds=60, posted_at=timezone.now())
    Stream.objects.filter(name="room:77").update(seconds=60)
    _assert_nothing_is_read_whole(SWEEPS[name])


def _assert_nothing_is_read_whole(act: Callable[[], object]) -> None:
    with recorded() as statements:
        act()
    found = [each for each in statements if "reaperrun" not in each[0]]  # of one row
    assert found
    for sql, values in found:
        assert not scanned(sql, values), f"{sql}\n{scanned(sql, values)}"


@pytest.mark.parametrize("name", ["to a large group", "a slice", "ids of a group"])
def test_a_page_of_a_group_is_read_in_one_go(name: str) -> None:
    with recorded() as statements:
        ACTS[name]()
    assert all(covered(*each) for each in statements)
