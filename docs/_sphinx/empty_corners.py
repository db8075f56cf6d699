"""The empty corner of a table is no header: screen readers would read it as one."""

from typing import Any

EMPTY_HEADER = '<th class="head"><p></p></th>'
CORNER = (
    '<td class="head" style="background: var(--color-table-header-background)"></td>'
)


def make_plain(
    _app: Any, _page: str, _template: str, context: dict[str, Any], _doctree: Any
) -> None:
    if "body" in context:
        context["body"] = context["body"].replace(EMPTY_HEADER, CORNER)
