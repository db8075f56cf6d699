"""Bars on paper, one below the other, light or dark as the reader has it. They begin at
zero; one that is far too long is broken, and seen to be."""

from html import escape

WIDTH, LEFT, RIGHT = 480, 20, 460
LINE, BAR = 20, 14
TICKS = 4
"""Times the unit, on the axis; longer bars are broken."""
UNIT = 90
_FONT = 'system-ui,-apple-system,"Segoe UI",Helvetica,Arial,sans-serif'
_STYLE = f"""
text{{fill:#1f2328;font-family:{_FONT};font-size:15px}}
.title{{font-size:20px;font-weight:600}}
.group{{font-weight:600}}
.small{{fill:#59636e;font-size:13.5px}}
.value{{text-anchor:end}}
.tick{{text-anchor:middle}}
.paper{{fill:#fff;stroke:#d0d7de}}
.grid{{stroke:#d0d7de}}
.unit{{stroke:#59636e}}
.ours{{fill:#0969da}}
.other{{fill:#818b98}}
.break{{stroke:#fff;stroke-width:4}}
@media (prefers-color-scheme:dark){{
text{{fill:#f0f6fc}}
.small{{fill:#9198a1}}
.paper{{fill:#0d1117;stroke:#3d444d}}
.grid{{stroke:#3d444d}}
.unit{{stroke:#9198a1}}
.ours{{fill:#4493f8}}
.other{{fill:#7d8590}}
.break{{stroke:#0d1117}}
}}
"""


class Paper:
    """Grows downwards with what is drawn on it."""

    def __init__(self, title: str, description: str) -> None:
        self._title, self._description = title, description
        self._parts: list[str] = []
        self._y = 14

    def heading(self, title: str, below: str) -> None:
        self._write(title, "title", after=6)
        self._write(below, "small", after=4)

    def group(self, name: str) -> None:
        self._y += 14
        self._write(name, "group", after=6)

    def bar(self, label: str, value: str, length: float, kind: str) -> None:
        self._parts.append(_text(RIGHT, self._y + LINE - 5, value, "value"))
        self._write(label, "", after=1)
        for number in range(TICKS + 1):
            self._mark(number, self._y, self._y + BAR + 3)
        is_broken = length > TICKS + 0.4
        width = RIGHT - LEFT if is_broken else length * UNIT
        self._parts.append(
            f'<rect class="{kind}" x="{LEFT}" y="{self._y}" width="{width:g}"'
            f' height="{BAR}"/>'
        )
        if is_broken:
            self._break()
        self._y += BAR + 8

    def axis(self) -> None:
        self._y += LINE - 6
        for number in range(TICKS + 1):
            x = LEFT + number * UNIT
            self._parts.append(_text(x, self._y, f"{number}", "small tick"))
        self._y += 10

    def note(self, text: str) -> None:
        self._write(text, "small")

    def drawn(self) -> str:
        height = self._y + 12
        head = (
            f'<svg xmlns="http://www.w3.org/2000/svg" width="{WIDTH}"'
            f' height="{height}" viewBox="0 0 {WIDTH} {height}" role="img"'
            ' aria-labelledby="title desc">'
        )
        paper = (
            f'<rect class="paper" x=".5" y=".5" width="{WIDTH - 1}"'
            f' height="{height - 1}" rx="6"/>'
        )
        title = f'<title id="title">{escape(self._title)}</title>'
        description = f'<desc id="desc">{escape(self._description)}</desc>'
        style = f"<style>{_STYLE}</style>"
        return "\n".join(
            [head, title, description, style, paper, *self._parts, "</svg>\n"]
        )

    def _write(self, text: str, kind: str, after: int = 0) -> None:
        self._y += LINE
        self._parts.append(_text(LEFT, self._y - 5, text, kind))
        self._y += after

    def _mark(self, number: int, top: int, bottom: int) -> None:
        x, kind = LEFT + number * UNIT, "unit" if number == 1 else "grid"
        self._parts.append(f'<path class="{kind}" d="M{x} {top}V{bottom}"/>')

    def _break(self) -> None:
        x, top, bottom = LEFT + TICKS * UNIT + 30, self._y - 3, self._y + BAR + 3
        for each in (x, x + 9):
            line = f"M{each} {bottom}L{each + 8} {top}"
            self._parts.append(f'<path class="break" d="{line}"/>')


def _text(x: float, y: float, text: str, kind: str) -> str:
    named = f' class="{kind}"' if kind else ""
    return f'<text{named} x="{x:g}" y="{y:g}">{escape(text)}</text>'
