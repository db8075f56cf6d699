"""The verdicts of probes: the value of a switch, an observation, or neither."""

from dataclasses import dataclass
from typing import Literal

State = Literal["settled", "observed", "open"]


@dataclass(frozen=True, kw_only=True, slots=True)
class Verdict:
    """What one probe found. A `settled` verdict has a switch of `ws_local` and its true
    value; an `observed` one is about something that has no switch; an `open` one says
    why there is neither."""

    state: State
    words: str
    switch: str = ""
    value: str = ""


def settled(switch: str, value: str, words: str) -> Verdict:
    return Verdict(state="settled", switch=switch, value=value, words=words)


def observed(words: str) -> Verdict:
    return Verdict(state="observed", words=words)


def unsettled(switch: str, words: str) -> Verdict:
    return Verdict(state="open", switch=switch, words=words)
