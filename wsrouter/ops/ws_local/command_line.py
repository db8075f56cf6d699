"""How the running command was started, for starting it again."""

import shlex
import sys
from collections.abc import Iterator


def manage() -> list[str]:
    """`python manage.py` or `python -m django`, with this interpreter."""
    module = sys.modules["__main__"].__spec__
    if module is None:
        return [sys.executable, sys.argv[0]]
    return [sys.executable, "-m", module.name.removesuffix(".__main__")]


def with_option(command: str, option: str, value: object) -> str:
    """What to type to run `command` as now, but with that value of an option."""
    words = ["python", *manage()[1:], command, *_without(_given(command), option)]
    return shlex.join([*words, option, str(value)])


def _given(command: str) -> list[str]:
    if command not in sys.argv:
        return []
    return sys.argv[sys.argv.index(command) + 1 :]


def _without(words: list[str], option: str) -> Iterator[str]:
    waiting = iter(words)
    for word in waiting:
        if word == option:
            next(waiting, None)
        elif not word.startswith(f"{option}="):
            yield word
