"""Whether the file of a document is still what the code makes."""

import difflib
import json
from collections.abc import Callable, Mapping

from wsrouter.documents.difference import differences

Lines = list[str] | None


def _asyncapi(in_file: str, now: str) -> Lines:
    try:
        old, new = json.loads(in_file), json.loads(now)
        return [str(one) for one in differences(old, new)]
    except (ValueError, TypeError, AttributeError, KeyError, IndexError):
        return None


def _typescript(in_file: str, now: str) -> Lines:
    if now.partition("\n")[0] not in in_file:
        return None
    return list(
        difflib.unified_diff(
            in_file.splitlines(), now.splitlines(), "file", "code", lineterm="", n=1
        )
    )


STALE: Mapping[str, Callable[[str, str], Lines]] = {
    "asyncapi": _asyncapi,
    "typescript": _typescript,
}
"""By the kind of document: how the text of the file differs from the one of now, in
lines. Without a line the file is up to date, also if it is indented in another way.
None when ws_export has not made the file."""
