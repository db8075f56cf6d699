"""Names for the resources of templates, made from route keys."""

import hashlib
import re
from collections.abc import Iterable


def logical_names(keys: Iterable[str]) -> dict[str, str]:
    """A readable, unique name of letters and digits for each key."""
    return {key: _name(key) for key in keys}


def _name(key: str) -> str:
    words = re.findall(r"[A-Za-z0-9]+", key)
    readable = "".join(word[:1].upper() + word[1:] for word in words)[:60]
    if words and key == f"${words[0]}":
        return readable
    return readable + hashlib.sha256(key.encode()).hexdigest()[:8]
