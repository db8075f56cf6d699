"""How long the comparison of the secret takes: `python -m tests.benchmarks.comparison`.

Guesses that match more and more of the secret take turns, so that a busy machine slows
all of them alike; the medians are compared.
"""

from statistics import median
from time import perf_counter_ns

from wsrouter.wire.secret import matches

SECRET = "0a1b2c3d4e5f60718293a4b5c6d7e8f9f8e7d6c5b4a392817060f5e4d3c2b1a0"
ROUNDS = 200_000
PREFIXES = (0, 1, 8, 16, 32, 48, 63, 64)


def measured(rounds: int = ROUNDS) -> dict[int, float]:
    """Nanoseconds of one comparison, by the length of the matching prefix."""
    guesses = {each: SECRET[:each] + "x" * (64 - each) for each in PREFIXES}
    times: dict[int, list[int]] = {each: [] for each in PREFIXES}
    for _ in range(rounds):
        for length, guess in guesses.items():
            start = perf_counter_ns()
            matches(guess, (SECRET, "y" * 64))
            times[length].append(perf_counter_ns() - start)
    return {length: median(found) for length, found in times.items()}


if __name__ == "__main__":
    for length, nanoseconds in measured().items():
        print(f"{length:2} characters right: {nanoseconds:.0f} ns")
