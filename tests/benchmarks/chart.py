"""docs/explanation/messages.svg, what a message costs beside others:
`python -m tests.benchmarks.chart` draws it, and puts it into the page in words, too."""

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tests.benchmarks import page
from tests.benchmarks.svg import Paper

RESULTS = Path(__file__).parent / "results" / "messages.json"
PICTURE = page.FOLDER / "messages.svg"
NAME = "chart"
BARE = "bare view"
GROUPS = {
    "Nothing looked up": {
        BARE: "bare Django view",
        "endpoint": "wsrouter, endpoint",
        "fast path": "wsrouter, fast path",
        "django-ninja": "django-ninja",
        "Channels echo consumer": "Channels, echo consumer",
    },
    "Connection and user looked up": {
        "endpoint, connection and user": "wsrouter, endpoint",
        "fast path, connection and user": "wsrouter, fast path",
        "rival": "django-aws-api-gateway-websockets",
    },
}
TITLE = "CPU time of one message"
UNIT = "Times a bare Django view that answers the same JSON"
NOTES = (
    "The broken bar is too long for the picture.",
    "WSGI without middleware, SQLite, one process. Channels:",
    "one coroutine, one socket in memory, no HTTP in it.",
)


@dataclass(frozen=True)
class Bar:
    label: str
    ratio: float
    microseconds: float

    def told(self) -> str:
        times = f"{self.ratio:.2f}" if self.ratio < 10 else f"{self.ratio:.0f}"
        return f"{times}\N{MULTIPLICATION SIGN}, {self.microseconds:,.0f} µs"


def groups() -> dict[str, list[Bar]]:
    """The cheapest first."""
    found = _read()["variants"]
    return {
        group: sorted(
            (_bar(found[name], label, found[BARE]) for name, label in names.items()),
            key=lambda bar: bar.ratio,
        )
        for group, names in GROUPS.items()
    }


def described() -> str:
    told = "; ".join(
        f"{group}: " + ", ".join(f"{bar.label} {bar.told()}" for bar in bars)
        for group, bars in groups().items()
    )
    return f"{UNIT}. {told}."


def svg() -> str:
    paper = Paper(TITLE, described())
    paper.heading(TITLE, UNIT)
    for group, bars in groups().items():
        paper.group(group)
        for bar in bars:
            ours = bar.label.startswith("wsrouter")
            paper.bar(bar.label, bar.told(), bar.ratio, "ours" if ours else "other")
    paper.axis()
    for note in (*NOTES, _source()):
        paper.note(note)
    return paper.drawn()


def markdown() -> str:
    return f"![{TITLE}. {described()}]({PICTURE.name})"


def _source() -> str:
    found = _read()
    python, django = found["python"], found["versions"]["Django"]
    return f"Medians of {found['rounds']} rounds; Python {python}, Django {django}."


def _bar(told: dict[str, Any], label: str, bare: dict[str, Any]) -> Bar:
    """The ratio is that of the table, but for those that it compares with another."""
    compared = told["against"] == BARE
    ratio = told["ratio"] if compared else told["cpu_us"] / bare["cpu_us"]
    return Bar(label, ratio, told["cpu_us"])


def _read() -> Any:
    return json.loads(RESULTS.read_text())


if __name__ == "__main__":
    PICTURE.write_text(svg())
    page.put(NAME, markdown())
