"""Whom the authorizer would name."""

SOURCES = 10
"""Of identity, that a principal may be made of."""


def named(principal: str, *values: str) -> str:
    """The principal for these identity values: `{0}` is the first of them."""
    return principal.format(*values, *[""] * (SOURCES - len(values)))
