"""Names of groups."""

from wsrouter.errors import InvalidValue

GROUP_CHARACTERS = 255


def checked_group(name: str) -> str:
    """The name itself; raises InvalidValue when it is not a valid group name.

    A name has 1 to 255 printable characters and no space at either end: databases
    differ in how they compare such spaces.
    """
    if not isinstance(name, str):
        raise TypeError(f"A group name is a string, not {name!r}.")
    if not 1 <= len(name) <= GROUP_CHARACTERS:
        raise InvalidValue(
            f"A group name has 1 to {GROUP_CHARACTERS} characters, not {len(name)}."
        )
    if name != name.strip() or not name.isprintable():
        raise InvalidValue(
            "A group name has printable characters only, and no space at either end."
        )
    return name
