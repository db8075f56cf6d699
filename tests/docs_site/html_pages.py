"""What a built page links to, and what can be linked to in it."""

from dataclasses import dataclass, field
from functools import cache
from html.parser import HTMLParser
from pathlib import Path
from urllib.parse import unquote


@dataclass
class HtmlPage(HTMLParser):
    path: Path
    ids: set[str] = field(default_factory=set)
    hrefs: list[str] = field(default_factory=list)

    def __post_init__(self) -> None:
        super().__init__()
        self.feed(self.path.read_text())

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        found = dict(attrs)
        if identifier := found.get("id"):
            self.ids.add(identifier)
        if tag == "a" and (href := found.get("href")):
            self.hrefs.append(href)

    def links(self) -> set[tuple[Path, str]]:
        """The files of the site that it links to, each with an anchor or ""."""
        inside = [h for h in self.hrefs if not h.startswith(("http", "mailto:"))]
        return {self._target(unquote(href)) for href in inside}

    def _target(self, href: str) -> tuple[Path, str]:
        name, _, anchor = href.partition("#")
        return ((self.path.parent / name).resolve() if name else self.path), anchor


@cache
def html_page(path: Path) -> HtmlPage:
    return HtmlPage(path)
