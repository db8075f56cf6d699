"""How deep a body is nested, found out without parsing it."""

import re

MAX_NESTING = 64
_KEPT = b'[]{}"\\'
_OTHERS = bytes(each for each in range(256) if each not in _KEPT)
_ALIKE = bytes.maketrans(b"{}", b"[]")
_STRING = re.compile(rb'"[^"\\]*(?:\\.?[^"\\]*)*"?', re.DOTALL)


def is_too_deep(body: bytes, levels: int = MAX_NESTING) -> bool:
    """Whether more than `levels` brackets are open inside one another.

    Each round takes the innermost pairs away, so that there is one round a level.
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
    """Those outside strings; which kind they are is for the parser to mind."""
    if b"\\" in body:
        bare = _STRING.sub(b"", body)
    else:
        bare = _STRING.sub(b"", body.translate(None, _OTHERS))
    return bare.translate(_ALIKE, _OTHERS + b'"\\')
