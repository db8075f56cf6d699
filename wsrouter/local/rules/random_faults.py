"""What happens now and then, as often as a switch says."""

import random

_DICE = random.SystemRandom()


def strikes(probability: float) -> bool:
    """Whether it happens this time; 0 is never, 1 always."""
    return _DICE.random() < probability


def seconds(most: float) -> float:
    """Any time up to that."""
    return _DICE.uniform(0, most)
