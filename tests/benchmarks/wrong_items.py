"""What 129 KB of wrong items cost, beside the same items right.

    python -m tests.benchmarks.wrong_items

CPU, the best of many rounds in which the two take turns; at most twice is wanted.
"""

import gc
import sys
from collections.abc import Callable
from time import process_time

from pydantic import BaseModel, ConfigDict

from tests.wire.test_bounded_errors import ENVELOPES, WRONG, Strict, many, read

ROUNDS = 25


class Loose(BaseModel):
    model_config = ConfigDict(extra="allow")


def main() -> None:
    for shape, envelope in ENVELOPES.items():
        for name, (kind, right, wrong) in WRONG.items():
            runs = read(envelope, kind, right), read(envelope, kind, wrong)
            _report(f"{shape}, {name}", *milliseconds(*runs))
    payload = many('"#":11', "{}")
    runs = tuple(read(ENVELOPES["nested"], kind, payload) for kind in (Loose, Strict))
    _report("unknown members", *milliseconds(*runs))


def _report(name: str, right: float, wrong: float) -> None:
    ratio = wrong / right
    sys.stdout.write(f"{name:32}{right:8.2f} ms right{wrong:8.2f} wrong{ratio:8.2f}\n")


def milliseconds(*runs: Callable[[], object]) -> list[float]:
    """CPU, the best of many rounds in which the functions take turns."""
    best = [1e9 for _ in runs]
    gc.disable()
    try:
        for _ in range(ROUNDS):
            for place, run in enumerate(runs):
                start = process_time()
                run()
                best[place] = min(best[place], (process_time() - start) * 1000)
    finally:
        gc.enable()
    return best


if __name__ == "__main__":
    main()
