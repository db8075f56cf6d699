"""What the authorizer would return: its principal id and its context, as templates."""

MAX_IDENTITY_VALUES = 10
"""How many identity values a template can use: `{0}` to `{9}`."""


def fill(template: str, *identity_values: str) -> str:
    """Fill in the template: `{0}` is the first identity value. Raises IndexError,
    KeyError or ValueError for a template that `str.format` does not take."""
    padding = [""] * (MAX_IDENTITY_VALUES - len(identity_values))
    return template.format(*identity_values, *padding)
