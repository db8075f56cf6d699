"""Draws the diagrams of the documentation, and puts what they say in words into their
pages: `python -m tests.pictures`, or `nox -s pictures`."""

import re
from pathlib import Path

from tests.pictures.diagrams import DIAGRAMS
from tests.pictures.sequence import Diagram

DOCS = Path(__file__).parents[2] / "docs"


def picture(diagram: Diagram) -> Path:
    return DOCS / "images" / f"{diagram.name}.svg"


def shown(diagram: Diagram) -> str:
    """What the page has of it: all of its words, for those who do not see it."""
    words = f"{diagram.title}. {diagram.description}"
    return f"![{words}](../images/{diagram.name}.svg)"


def put(diagram: Diagram) -> None:
    page = DOCS / diagram.page
    image = re.compile(rf"^!\[.*\]\(\.\./images/{diagram.name}\.svg\)$", re.M)
    text, count = image.subn(lambda _: shown(diagram), page.read_text())
    assert count == 1, f"{diagram.page} shows {diagram.name}.svg {count} times"
    page.write_text(text)
    picture(diagram).write_text(diagram.drawn())


if __name__ == "__main__":
    for each in DIAGRAMS:
        put(each)
