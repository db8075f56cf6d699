"""Names of groups."""

GROUP_CHARACTERS = 255


def checked_group(name: str) -> str:
    """The name itself; raises ValueError when it is not a valid group name.

    A name has 1 to 255 printable characters and no space at either end: databases
    differ in how they compare such spaces.
    """
    if not isinstance(name, str):
        raise TypeError(f"A group name is a string, not {name!r}.")
    if not 1 <= len(name) <= GROUP_CHARACTERS:
        raise ValueError(
            f"A group name has 1 to {GROUP_CHARACTERS} characters, not {len(name)}."
        )
    if name != name.strip() or not name.isprintable():
        raise ValueError(
            f"The group name {name!r} has spaces at an end or characters that cannot"
            " be printed."
        )
    return name
