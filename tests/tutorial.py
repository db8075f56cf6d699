"""The pages of docs/tutorial as a reader follows them: blocks that write, change or
extend a file, and commands."""

import re
import shutil
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

DOCS = Path(__file__).parents[1] / "docs" / "tutorial"
EXAMPLE = Path(__file__).parents[1] / "examples" / "chat"
PARTS = ("rooms", "lines", "nothing-missed", "tests-and-types", "on-aws")
BLOCK = re.compile(
    r"(?:^<!-- not run: (?P<reason>.+?) -->\n)?"
    r"^```(?P<language>[\w+]+)\n(?P<text>.*?)^```$",
    re.M | re.S,
)
LABEL = re.compile(
    r"(?:# |// |<!-- )(?P<path>[\w./-]+)(?P<extends>: add at the end)?(?: -->)?\n"
)
COPIED = re.compile(r"save\s+\[[\w.]+\]\((?P<source>[\w./]+)\) as `(?P<path>[\w./]+)`")


@dataclass(frozen=True)
class Block:
    """A block that the reader copies, with the reason if tests do not."""

    language: str
    text: str
    reason: str | None = None

    @property
    def path(self) -> str:
        """The file that its first line names."""
        label = LABEL.match(self.text)
        assert label, f"This block names no file:\n{self.text}"
        return label["path"]

    def write(self, folder: Path) -> None:
        """Do with the file what the page says."""
        label = LABEL.match(self.text)
        assert label, f"This block names no file:\n{self.text}"
        path, rest = folder / self.path, self.text[label.end() :]
        path.parent.mkdir(parents=True, exist_ok=True)
        if self.language == "diff":
            rest = _changed(path.read_text(), rest)
        elif label["extends"]:
            rest = path.read_text() + rest
        path.write_text(rest)


def blocks(part: str) -> Iterator[Block]:
    for found in BLOCK.finditer((DOCS / f"{part}.md").read_text()):
        yield Block(found["language"], found["text"], found["reason"])


def copy_linked_files(part: str, folder: Path) -> None:
    """Save the files that a page links to instead of showing them."""
    for found in COPIED.finditer((DOCS / f"{part}.md").read_text()):
        path = folder / found["path"]
        path.parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(DOCS / found["source"], path)


def _changed(text: str, diff: str) -> str:
    for hunk in diff.split("@@\n"):
        lines = hunk.splitlines(keepends=True)
        old = "".join(line[1:] for line in lines if line[0] in " -")
        new = "".join(line[1:] for line in lines if line[0] in " +")
        assert text.count(old) == 1, f"This is not there, or more than once:\n{old}"
        text = text.replace(old, new)
    return text
