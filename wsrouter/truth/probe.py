"""A probe: one question to API Gateway, and how it is asked."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass

from wsrouter.truth.bench import Bench
from wsrouter.truth.verdict import Verdict

Run = Callable[[Bench], Iterable[Verdict]]


@dataclass(frozen=True, kw_only=True, slots=True)
class Probe:
    """`switches` are those of `ws_local` that it may settle; none for a question
    without a switch. `edition` is the API that it needs, `messages` how many it sends
    at most, and `seconds` about how long it takes."""

    point: int
    name: str
    question: str
    run: Run
    switches: tuple[str, ...] = ()
    edition: str = "general"
    messages: int = 0
    seconds: int = 5
    slow: bool = False


def probe(
    point: int,
    question: str,
    *switches: str,
    edition: str = "general",
    messages: int = 0,
    seconds: int = 5,
    slow: bool = False,
) -> Callable[[Run], Probe]:
    """Make a probe of a function."""

    def made(run: Run) -> Probe:
        return Probe(
            point=point,
            name=getattr(run, "__name__", "probe"),
            question=question,
            run=run,
            switches=switches,
            edition=edition,
            messages=messages,
            seconds=seconds,
            slow=slow,
        )

    return made
