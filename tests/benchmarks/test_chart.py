"""The picture is what was measured, and can be read, by whatever means."""

from xml.etree.ElementTree import Element, fromstring

from tests.benchmarks import chart, page
from tests.benchmarks.svg import Paper

SVG = "{http://www.w3.org/2000/svg}"


def bars(picture: str) -> list[Element]:
    found = fromstring(picture).iter(f"{SVG}rect")
    return [each for each in found if each.get("class") in {"ours", "other"}]


def length(bar: Element) -> float:
    return float(bar.attrib["width"])


def test_the_picture_is_what_was_measured() -> None:
    assert chart.PICTURE.read_text() == chart.svg()


def test_the_page_shows_it_and_tells_it_in_words() -> None:
    assert page.part(chart.NAME) == chart.markdown()
    measured = [bar for group in chart.groups().values() for bar in group]
    assert measured
    for bar in measured:
        assert f"{bar.label} {bar.told()}" in chart.markdown()


def test_it_names_itself_to_a_screen_reader() -> None:
    picture = fromstring(chart.PICTURE.read_text())
    title, description = picture.find(f"{SVG}title"), picture.find(f"{SVG}desc")
    assert title is not None
    assert title.text == chart.TITLE
    assert description is not None
    assert description.text == chart.described()
    named = [title.get("id"), description.get("id")]
    assert picture.get("aria-labelledby", "").split() == named


def test_bars_begin_at_zero_and_are_as_long_as_their_numbers() -> None:
    paper = Paper("Title", "Description")
    for number in (0.5, 1, 4):
        paper.bar("label", "value", number, "ours")
    half, one, four = bars(paper.drawn())
    assert half.get("x") == one.get("x") == four.get("x")
    assert [length(half), length(four)] == [length(one) / 2, length(one) * 4]
    assert 'class="break"' not in paper.drawn()


def test_a_bar_that_is_too_long_is_seen_to_be_broken() -> None:
    paper = Paper("Title", "Description")
    paper.bar("label", "value", 42, "other")
    [bar] = bars(paper.drawn())
    width = float(fromstring(paper.drawn()).attrib["width"])
    assert float(bar.attrib["x"]) + length(bar) < width
    assert 'class="break"' in paper.drawn()


def test_what_is_written_on_it_is_escaped() -> None:
    paper = Paper("A & B", "A < B")
    paper.bar("<label>", "value", 1, "ours")
    texts = [each.text for each in fromstring(paper.drawn()).iter(f"{SVG}text")]
    assert "<label>" in texts
