"""A block of code or a table that is wider than the page scrolls by keyboard, too."""

from typing import Any

BLOCK, TABLE = "<pre", '<div class="table-wrapper'
FOCUSABLE = ' tabindex="0"'


def make_focusable(
    _app: Any, _page: str, _template: str, context: dict[str, Any], _doctree: Any
) -> None:
    if "body" in context:
        body = context["body"].replace(f"{BLOCK}>", f"{BLOCK}{FOCUSABLE}>")
        focusable = TABLE.replace("<div", f"<div{FOCUSABLE}")
        context["body"] = body.replace(TABLE, focusable)
