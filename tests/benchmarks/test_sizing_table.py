"""What is told of sizes and costs follows from the results and the prices."""

import pytest

from tests.benchmarks import costs, page, sizing_table
from tests.benchmarks.prices import PRICES


@pytest.mark.parametrize("name", sizing_table.TABLES)
def test_what_is_told_follows_from_results_and_prices(name: str) -> None:
    assert page.part(name, sizing_table.FILE) == sizing_table.TABLES[name]()


def test_every_price_has_its_page_and_its_date() -> None:
    for price in PRICES.values():
        assert price.url.startswith("https://")
        assert price.date[-4:].isdigit()


def test_an_example_by_hand() -> None:
    """100 sockets for 10 hours: 60,000 minutes for $0.015; a message and ten events an
    hour are 12,000 messages for $0.012."""
    example = costs.Example("by hand", 100, 10, 1, 10, 1, 1.0)
    assert costs.with_wsrouter(example, 0.0, 0.0) == pytest.approx(0.027)
    hour_of_cpu = costs.with_wsrouter(example, 3.6e6, 0.0) - 0.027
    assert hour_of_cpu == pytest.approx(3 * (0.04048 + 2 * 0.004445))
    task, units, cache = 730 * 0.04937, 100 / 3000 * 10 * 0.008, 73 * 0.084
    assert costs.with_channels(example) == pytest.approx(
        task + units + cache + 0.011 * 0.0023
    )
