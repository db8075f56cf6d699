"""A document as the text of a file."""

import json
from typing import Any


def json_text(document: dict[str, Any]) -> str:
    """JSON with a line for each value, so that a change is a change of few lines."""
    return json.dumps(document, indent=2, ensure_ascii=False) + "\n"
