"""Draws who says what to whom, from the top to the bottom, as SVG: light or dark as the
reader has it, on paper of its own, so that it can be read on either."""

from collections.abc import Sequence
from dataclasses import dataclass
from html import escape

SIDE, TOP, ROW, LINE = 84, 44, 46, 17
COLUMN = 196
"""Between the lines of two actors, in pixels; a label may take more than one column."""
CHARACTER = 7
"""About the width of one, at 13 pixels."""
_FONT = 'system-ui,-apple-system,"Segoe UI",Helvetica,Arial,sans-serif'
_STYLE = f"""
text{{fill:#1f2328;font-family:{_FONT};font-size:13px;text-anchor:middle}}
.actor{{font-weight:600}}
.note{{fill:#59636e}}
.paper{{fill:#fff;stroke:#d0d7de}}
.box{{fill:#f6f8fa;stroke:#818b98}}
.line{{stroke:#d0d7de;stroke-dasharray:4 4}}
.arrow{{stroke:#0969da;stroke-width:1.5;fill:none}}
.head{{fill:#0969da}}
@media (prefers-color-scheme:dark){{
text{{fill:#f0f6fc}}
.note{{fill:#9198a1}}
.paper{{fill:#0d1117;stroke:#3d444d}}
.box{{fill:#151b23;stroke:#9198a1}}
.line{{stroke:#3d444d}}
.arrow{{stroke:#4493f8}}
.head{{fill:#4493f8}}
}}
"""
_LABELS = 'role="img" aria-labelledby="title desc"'


@dataclass(frozen=True)
class Step:
    """`of` says it to `to`; the same twice is a step of its own; none is a note."""

    text: str
    of: str = ""
    to: str = ""

    @property
    def words(self) -> str:
        if not self.of:
            return f"({self.text})"
        if self.of == self.to:
            return f"{self.of}: {self.text}"
        return f"{self.of} to {self.to}: {self.text}"


@dataclass(frozen=True)
class Diagram:
    """`page` is the page of docs/ that shows it."""

    name: str
    page: str
    title: str
    actors: Sequence[str]
    steps: Sequence[Step]

    @property
    def description(self) -> str:
        """All of it in words, for those who do not see it."""
        return ". ".join(step.words.replace("\n", " ") for step in self.steps) + "."

    @property
    def width(self) -> int:
        return 2 * SIDE + COLUMN * (len(self.actors) - 1)

    def drawn(self) -> str:
        parts, y = list[str](), TOP + 14
        for step in self.steps:
            y += ROW + LINE * step.text.count("\n")
            parts += self._step(step, y)
        height = y + 30
        lines = [
            f'<path class="line" d="M{x} {TOP}V{height - 12}"/>' for x in self._xs()
        ]
        return "\n".join(
            [*self._head(height), *lines, *self._actors(), *parts, "</svg>\n"]
        )

    def _head(self, height: int) -> list[str]:
        size = f'width="{self.width}" height="{height}"'
        box = f'viewBox="0 0 {self.width} {height}"'
        paper = f'width="{self.width - 1}" height="{height - 1}" rx="6"'
        return [
            f'<svg xmlns="http://www.w3.org/2000/svg" {size} {box} {_LABELS}>',
            f'<title id="title">{escape(self.title)}</title>',
            f'<desc id="desc">{escape(self.description)}</desc>',
            f"<style>{_STYLE}</style>",
            f'<rect class="paper" x=".5" y=".5" {paper}/>',
        ]

    def _xs(self) -> list[int]:
        return [SIDE + COLUMN * number for number in range(len(self.actors))]

    def _x(self, actor: str) -> int:
        return self._xs()[self.actors.index(actor)]

    def _actors(self) -> list[str]:
        return [_box(self._x(name), 32, name, "actor") for name in self.actors]

    def _step(self, step: Step, y: int) -> list[str]:
        if not step.of:
            return [_texts(self.width / 2, y, step.text, "note")]
        start, end = self._x(step.of), self._x(step.to)
        if start == end:
            return [_box(self._middle(step.text, start), y, step.text, "")]
        middle = self._middle(step.text, (start + end) / 2)
        return [_texts(middle, y - 7, step.text, ""), *_arrow(start, end, y)]

    def _middle(self, text: str, wanted: float) -> float:
        """Where a label stands so that it stays on the paper."""
        half = _width(text) / 2 + 16
        return min(max(wanted, half), self.width - half)


def _width(text: str) -> float:
    return max(len(line) for line in text.split("\n")) * CHARACTER


def _arrow(start: int, end: int, y: int) -> list[str]:
    back = -8 if end > start else 8
    head = f"M{end} {y}l{back} -4.5v9z"
    return [
        f'<path class="arrow" d="M{start} {y}H{end + back}"/>',
        f'<path class="head" d="{head}"/>',
    ]


def _box(x: float, y: float, text: str, kind: str) -> str:
    """A box whose last line of text stands at `y`."""
    width, lines = _width(text) + 16, text.count("\n") + 1
    top = y - 15 - LINE * (lines - 1)
    rect = (
        f'<rect class="box" x="{x - width / 2:g}" y="{top:g}" width="{width:g}"'
        f' height="{LINE * lines + 6}" rx="4"/>'
    )
    return rect + _texts(x, y, text, kind)


def _texts(x: float, y: float, text: str, kind: str) -> str:
    named = f' class="{kind}"' if kind else ""
    lines = text.split("\n")
    tops = [y - LINE * (len(lines) - 1 - number) for number in range(len(lines))]
    return "".join(
        f'<text{named} x="{x:g}" y="{top:g}">{escape(line)}</text>'
        for line, top in zip(lines, tops, strict=True)
    )
