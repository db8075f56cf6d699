"""Links to files that are no pages of the site lead to the repository."""

import re
from pathlib import Path
from typing import Any

REPOSITORY = "https://github.com/django-wsrouter/django-wsrouter/blob/main/"
DOCS = Path(__file__).parents[1]
LINK = re.compile(r"(?<=\]\()(?P<target>[^)\s:#]+)(?P<anchor>#[^)\s]*)?(?=\))")


def rewrite(_app: Any, docname: str, source: list[str]) -> None:
    folder = (DOCS / docname).parent

    def absolute(link: re.Match[str]) -> str:
        path = (folder / link["target"]).resolve()
        if path.is_relative_to(DOCS):
            return link[0]
        inside = path.relative_to(DOCS.parent).as_posix()
        return f"{REPOSITORY}{inside}{link['anchor'] or ''}"

    source[0] = LINK.sub(absolute, source[0])
