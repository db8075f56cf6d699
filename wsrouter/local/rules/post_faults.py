"""What becomes of a post that @connections has answered with 200."""

from dataclasses import dataclass

from wsrouter.local.rules import random_faults
from wsrouter.local.rules.behaviour import Behaviour

_MAX_DELAY_SECONDS = 2.0


@dataclass(frozen=True, kw_only=True, slots=True)
class PostFault:
    """The frame is lost, or arrives so much later."""

    is_lost: bool = False
    delay_seconds: float = 0.0

    def __str__(self) -> str:
        """What the journal adds to the status of the answer."""
        if self.is_lost:
            return ", lost on purpose"
        return f", {self.delay_seconds:.2f} s late" if self.delay_seconds else ""


NO_FAULT = PostFault()


def draw(behaviour: Behaviour) -> PostFault:
    """The fault of one post, as the switches say."""
    if random_faults.occurs(behaviour.lost_posts):
        return PostFault(is_lost=True)
    if behaviour.post_order == "shuffled":
        delay = random_faults.delay_seconds(_MAX_DELAY_SECONDS)
        return PostFault(delay_seconds=delay)
    return NO_FAULT
