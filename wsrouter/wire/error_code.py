"""Whether a frame for a client is one of the endpoint's error frames."""

import orjson

_MARK = '"error"'


def error_code(frame: str) -> str | None:
    """The code of an error frame, None for any other text."""
    if _MARK not in frame:  # far faster than parsing every reply
        return None
    try:
        content = orjson.loads(frame)
    except orjson.JSONDecodeError:
        return None
    if not isinstance(content, dict) or content.get("type") != "error":
        return None
    error = content.get("error")
    code = error.get("code") if isinstance(error, dict) else None
    return code if isinstance(code, str) else None
