"""How long a run waits."""

import time
from collections.abc import Callable
from dataclasses import dataclass


@dataclass(frozen=True, kw_only=True, slots=True)
class Timing:
    """All in seconds. `answer`: for something that must come. `quiet`: until its
    absence counts. `live`: until a publication must have taken effect. `timeout`: the
    integration timeout of the API that is meant to time out. `idle`: API Gateway's idle
    limit."""

    answer: float = 15.0
    quiet: float = 3.0
    live: float = 90.0
    timeout: float = 1.0
    idle: float = 600.0


def wait_until(condition: Callable[[], bool], seconds: float) -> bool:
    """Ask again and again, first often and then less so; whether it came true in
    time."""
    ends, pause = time.monotonic() + seconds, 0.01
    while not condition():
        if time.monotonic() > ends:
            return False
        time.sleep(pause)
        pause = min(0.5, pause * 1.5)
    return True
