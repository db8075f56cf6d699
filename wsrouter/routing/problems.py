"""What is wrong with a payload, as a MessageError of bounded size."""

from collections.abc import Iterable, Sequence
from typing import Any, NamedTuple

import orjson

from wsrouter.errors import MessageError

MAX_DETAILS = 20
"""Problems that an answer lists; more would not help."""
MAX_DETAIL_BYTES = 2048
"""All problems of an answer together, so that its frame has less than 4 KB."""
_TEXT_CHARACTERS = 256
_KEY_CHARACTERS = 64
_LOC_MEMBERS = 16


class Problem(NamedTuple):
    """One problem: the members that lead to it, a sentence, and a word for programs."""

    loc: Sequence[str | int]
    msg: str
    type: str


def invalid_payload(problems: Iterable[Problem], message: str = "") -> MessageError:
    """The answer to a payload with these problems, of which there is at least one. The
    default message is the first of them."""
    detail: list[dict[str, Any]] = []
    size = 0
    for problem in problems:
        listed = {
            "loc": [_cut_key(key) for key in problem.loc[:_LOC_MEMBERS]],
            "msg": _cut(problem.msg, _TEXT_CHARACTERS),
            "type": _cut(problem.type, _KEY_CHARACTERS),
        }
        size += len(orjson.dumps(listed))
        if detail and (size > MAX_DETAIL_BYTES or len(detail) == MAX_DETAILS):
            break
        detail.append(listed)
    if not message:
        where = ".".join(map(str, detail[0]["loc"])) or "payload"
        message = f"{where}: {detail[0]['msg']}"
    return MessageError(
        "invalid_payload", _cut(message, _TEXT_CHARACTERS), detail=detail
    )


def _cut_key(key: str | int) -> str | int:
    """A number may be long, too: JSON has no limit."""
    if isinstance(key, int):
        return key if key.bit_length() < 64 else _cut(str(key), _KEY_CHARACTERS)
    return _cut(key, _KEY_CHARACTERS)


def _cut(text: object, characters: int) -> str:
    """The text, also of a lazy translation; its middle is left out when it is long."""
    whole = str(text)
    if len(whole) > characters:
        half = characters // 2
        whole = f"{whole[:half]}…{whole[-half + 1 :]}"
    return whole.encode("utf-8", "replace").decode()
