"""The table of the documentation, from results/admin_pages.json:
`python -m tests.benchmarks.admin_pages_table`."""

import json
from pathlib import Path

RESULTS = Path(__file__).parent / "results" / "admin_pages.json"


def pages() -> str:
    """A row for each page."""
    found = json.loads(RESULTS.read_text())["pages"]
    return "\n".join(
        f"| {name} | {page['django_ms']:.0f} | {page['postgresql_ms']:.0f} |"
        f" {page['statements']} |"
        for name, page in found.items()
    )


if __name__ == "__main__":
    print(pages())  # noqa: T201
