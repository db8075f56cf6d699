"""How the running command was started, so that it can be started again."""

import shlex
import sys
from collections.abc import Iterator


def manage_command() -> list[str]:
    """`python manage.py` or `python -m django`, with the running interpreter."""
    module = sys.modules["__main__"].__spec__
    if module is None:
        return [sys.executable, sys.argv[0]]
    return [sys.executable, "-m", module.name.removesuffix(".__main__")]


def with_option(command: str, option: str, value: object) -> str:
    """The shell command that runs `command` with the same options as now, except for
    this value of `option`."""
    kept = _without_option(_arguments(command), option)
    words = ["python", *manage_command()[1:], command, *kept]
    return shlex.join([*words, option, str(value)])


def _arguments(command: str) -> list[str]:
    if command not in sys.argv:
        return []
    return sys.argv[sys.argv.index(command) + 1 :]


def _without_option(arguments: list[str], option: str) -> Iterator[str]:
    remaining = iter(arguments)
    for argument in remaining:
        if argument == option:
            next(remaining, None)
        elif not argument.startswith(f"{option}="):
            yield argument
