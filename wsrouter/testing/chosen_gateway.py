"""Which gateway the test clients of this run talk to. Knows neither Django nor pytest:
the plugin imports it before there are settings."""

import os

VARIABLE = "WSROUTER_TEST_GATEWAY"
MEMORY, LOCAL = "memory", "local"
_of_the_run: list[str] = []


def check(name: str) -> str:
    """The name itself; raises ValueError for what is no gateway."""
    if name in (MEMORY, LOCAL) or name.startswith(("ws://", "wss://")):
        return name
    raise ValueError(
        f"{name!r} is no gateway for tests: use {MEMORY!r}, {LOCAL!r}, or the URL of a"
        " deployed API, such as 'wss://abc123defg.execute-api.eu-west-1.amazonaws.com"
        "/production'."
    )


def choose(name: str) -> None:
    """For the rest of this process; an empty name leaves it to the environment."""
    _of_the_run[:] = [check(name)] if name else []


def chosen() -> str:
    """What was chosen, else the variable of the environment, else `memory`. Raises
    ValueError."""
    if _of_the_run:
        return _of_the_run[0]
    return check(os.environ.get(VARIABLE) or MEMORY)


def is_url(name: str) -> bool:
    """Whether it is the URL of an API whose Django is elsewhere."""
    return name not in (MEMORY, LOCAL)
