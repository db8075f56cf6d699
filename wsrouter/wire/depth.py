"""How deeply a JSON body is nested, without parsing it."""

import re

MAX_NESTING = 64
"""Levels; deeper JSON could exhaust the stack of a parser."""
_KEPT = b'[]{}"\\'
_OTHERS = bytes(byte for byte in range(256) if byte not in _KEPT)
_TO_SQUARE = bytes.maketrans(b"{}", b"[]")
_STRING = re.compile(rb'"[^"\\]*(?:\\.?[^"\\]*)*"?', re.DOTALL)


def is_too_deep(body: bytes, levels: int = MAX_NESTING) -> bool:
    """Whether more than `levels` brackets are open inside one another.

    Each round removes the innermost pairs, so there is one round for each level.
    """
    if body.count(b"[") + body.count(b"{") <= levels:
        return False
    left = _brackets(body)
    for _ in range(levels):
        if b"[]" not in left:
            break
        left = left.replace(b"[]", b"")
    return b"[]" in left or left.count(b"[") > levels


def _brackets(body: bytes) -> bytes:
    """The brackets outside strings, all as square ones: the parser checks their
    kind."""
    if b"\\" in body:
        bare = _STRING.sub(b"", body)
    else:
        bare = _STRING.sub(b"", body.translate(None, _OTHERS))
    return bare.translate(_TO_SQUARE, _OTHERS + b'"\\')
