"""Names for the components of a document in TypeScript."""

import re
from collections import Counter
from collections.abc import Collection, Iterable

_SEPARATORS = re.compile(r"[^A-Za-z0-9]+")
RESERVED = frozenset(
    {
        *("EventFrame", "Events", "Problem", "RouteError", "Routes"),
        *("Array", "Partial", "Record"),
    }
)
"""Names that a file of types has for itself, or of TypeScript's own types that a model
of an application must not hide."""
RESERVED_WITH_STREAMS = RESERVED | {"KeptEvents", "ReplyFrame"}


def typescript_names(
    components: Iterable[str], reserved: Collection[str] = RESERVED
) -> dict[str, str]:
    """An identifier for each: `OrderInput` for `Order.Input`. Where two would be the
    same, underscores stay: `Order_Input`."""
    listed = list(components)
    count = Counter(map(_joined, listed))
    found: dict[str, str] = {}
    for component in listed:
        name = _joined(component)
        if count[name] > 1 or name in reserved:
            name = _SEPARATORS.sub("_", component)
        found[component] = _unused(name, {*reserved, *found.values()})
    return found


def _joined(component: str) -> str:
    words = filter(None, _SEPARATORS.split(component))
    name = "".join(word[0].upper() + word[1:] for word in words)
    return f"_{name}" if name[:1].isdigit() else name


def _unused(name: str, taken: Collection[str]) -> str:
    number, free = 1, name
    while free in taken:
        number += 1
        free = f"{name}{number}"
    return free
