"""The diagrams of the documentation are true, and as `nox -s pictures` draws them."""

import re
import xml.etree.ElementTree as ET

import pytest

from tests.django.test_way_of_a_message import PAGE, ROW
from tests.pictures.__main__ import DOCS, picture, shown
from tests.pictures.diagrams import DIAGRAMS, HAND_OVER, MESSAGE
from tests.pictures.sequence import CHARACTER, Diagram

CLIENT = DOCS.parent / "wsrouter" / "static" / "wsrouter" / "client.js"
NAMES = {"verify_gateway", "headers", "frame", "find", "read"}


@pytest.mark.parametrize("diagram", DIAGRAMS, ids=lambda diagram: diagram.name)
class TestDiagram:
    def test_it_is_up_to_date(self, diagram: Diagram) -> None:
        assert picture(diagram).read_text() == diagram.drawn()

    def test_its_page_says_it_in_words(self, diagram: Diagram) -> None:
        assert shown(diagram) in (DOCS / diagram.page).read_text().splitlines()

    def test_texts_are_on_the_paper(self, diagram: Diagram) -> None:
        texts = ET.fromstring(diagram.drawn()).findall(".//{*}text")
        assert len(texts) >= len(diagram.actors) + len(diagram.steps)
        for text in texts:
            half = len(text.text or "") * CHARACTER / 2
            middle = float(text.attrib["x"])
            assert half <= middle <= diagram.width - half, text.text


def test_functions_of_the_message_are_those_of_its_page() -> None:
    table = {row["function"] for row in ROW.finditer(PAGE.read_text())}
    assert table >= NAMES
    assert set(re.findall(r"[a-z_]+", MESSAGE.description)) >= NAMES


def test_the_times_of_a_hand_over_are_those_of_the_client() -> None:
    """In milliseconds, as JavaScript writes numbers."""
    options = dict(re.findall(r"^  (\w+): ([\de_]+),", CLIENT.read_text(), re.M))
    minutes = [float(options[name]) / 60_000 for name in ("handOver", "handOverSpread")]
    words = "{:.0f} minutes, give or take {:.0f}".format(*minutes)
    assert words in HAND_OVER.description
    seconds = float(options["overlap"]) / 1_000
    assert f"For {seconds:.0f} seconds A" in HAND_OVER.description
