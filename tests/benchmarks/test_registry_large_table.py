"""What is told of a large registry is what was measured."""

from tests.benchmarks import page, registry_large_table


def test_what_is_told_is_what_was_measured() -> None:
    assert page.part(registry_large_table.NAME) == registry_large_table.told()
