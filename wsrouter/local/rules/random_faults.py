"""Faults that happen at random, as often as a switch says."""

import random

_RANDOM = random.SystemRandom()


def occurs(probability: float) -> bool:
    """Whether the fault happens this time; 0 is never, 1 is always."""
    return probability > 0 and _RANDOM.random() < probability


def delay_seconds(maximum: float) -> float:
    """A random delay of up to `maximum` seconds."""
    return _RANDOM.uniform(0, maximum)
