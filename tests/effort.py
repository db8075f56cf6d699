"""How hard property tests try: `WSROUTER_TEST_EFFORT=20` means 20 times as many
examples."""

import os

EFFORT = float(os.environ.get("WSROUTER_TEST_EFFORT", "1"))


def examples(ordinary: int) -> int:
    """How many to take where as many are ordinary."""
    return max(1, round(ordinary * EFFORT))
