"""Links in the documentation lead somewhere, and the glossary is in order."""

import re
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
GLOSSARY = ROOT / "docs" / "glossary.md"
PAGES = sorted(
    path
    for folder in (ROOT / "docs", ROOT / "examples", ROOT)
    for path in (folder.glob("*.md") if folder == ROOT else folder.rglob("*.md"))
)
LINK = re.compile(r"\[[^\]]*\]\(([^)\s]+)\)")


def is_ours(target: str) -> bool:
    """Whether a link stays in the repository: it has no scheme."""
    return not re.match(r"[a-z]+:", target)


def links(page: Path) -> list[str]:
    text = re.sub(r"^```.*?^```", "", page.read_text(), flags=re.M | re.S)
    return [target for target in LINK.findall(text) if is_ours(target)]


def anchors(page: Path) -> set[str]:
    """The names of headings, as GitHub makes them."""
    text = re.sub(r"^```.*?^```", "", page.read_text(), flags=re.M | re.S)
    titles = re.findall(r"^#+ (.+)$", text, re.M)
    plain = (re.sub(r"[^\w\- ]", "", title.lower()) for title in titles)
    return {title.replace(" ", "-") for title in plain}


def entries() -> list[str]:
    """The words of the glossary: each stands in the line before its `: meaning`."""
    return re.findall(r"^(.+)\n: ", GLOSSARY.read_text(), re.M)


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_links_lead_somewhere(page: Path) -> None:
    for target in links(page):
        name, _, anchor = target.partition("#")
        leads_to = (page.parent / name).resolve() if name else page
        assert leads_to.exists(), target
        if anchor:
            assert anchor in anchors(leads_to), target


def test_every_page_is_reached_from_the_index() -> None:
    seen, waiting = set(), [ROOT / "docs" / "index.md"]
    while waiting:
        page = waiting.pop()
        seen.add(page)
        found = ((page.parent / each.partition("#")[0]) for each in links(page))
        waiting += [path.resolve() for path in found if path.suffix == ".md"]
        waiting = [path for path in waiting if path not in seen]
    assert set((ROOT / "docs").rglob("*.md")) <= seen


def test_the_glossary_is_sorted_and_has_each_word_once() -> None:
    words = [each.lower() for each in entries()]
    assert words == sorted(words)
    single = [part for each in words for part in each.split(", ")]
    assert len(single) == len({*single})


def test_every_word_of_the_glossary_has_a_meaning() -> None:
    text = GLOSSARY.read_text()
    for word in entries():
        meaning = text.partition(f"\n{word}\n: ")[2].partition("\n\n")[0]
        assert meaning.rstrip().endswith("."), word
