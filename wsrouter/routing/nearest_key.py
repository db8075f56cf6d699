"""The registered route key that a misspelt one is nearest to.

`difflib` alone would take milliseconds among hundreds of routes, and anybody can send
unknown routes. So it sees only the three keys that have most letters and pairs of
letters in common.
"""

from collections.abc import Iterable
from difflib import SequenceMatcher
from heapq import nlargest

_CANDIDATES = 3
_SIMILAR = 0.7
"""As `difflib.SequenceMatcher.ratio` measures it; 1 means equal."""


class RouteKeys:
    """The keys of one API."""

    def __init__(self, keys: Iterable[str]) -> None:
        self._features = {key: _features(key) for key in keys}

    def nearest(self, misspelt: str) -> str | None:
        """None when no key is similar."""
        wanted = _features(misspelt)
        shared = ((len(wanted & own), key) for key, own in self._features.items())
        for _, key in nlargest(_CANDIDATES, shared):
            if SequenceMatcher(None, misspelt, key).ratio() >= _SIMILAR:
                return key
        return None


def _features(key: str) -> frozenset[str]:
    """The letters and the pairs of neighbours in it."""
    return frozenset(key).union(map(str.__add__, key, key[1:]))
