"""docs/quickstart.md and then docs/howto/adding-routes.md, in one project that is made
of nothing but their text."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from tests import ministack
from tests.docs_pages.blocks import DOCS
from tests.docs_shell.reader import Reader

QUICKSTART = (DOCS / "quickstart.md").read_text()
ROUTES = (DOCS / "howto" / "adding-routes.md").read_text()
CREDENTIALS = "export AWS_ACCESS_KEY_ID=a AWS_SECRET_ACCESS_KEY=b AWS_ENDPOINT_URL="


def part(text: str, heading: str) -> str:
    """What stands below a heading, up to the next of the same level or a higher one."""
    _, found, rest = text.partition(f"\n{heading}\n")
    assert found, heading
    level = len(heading.partition(" ")[0])
    ends = [rest.find(f"\n{'#' * n} ") for n in range(2, level + 1)]
    return rest[: min((end for end in ends if end >= 0), default=len(rest))]


@contextmanager
def emulated_aws(reader: Reader, folder: Path) -> Iterator[None]:
    """Publishing needs AWS, or what looks like it, and a strong secret."""
    folder.mkdir()
    settings = reader.folder / "shop" / "settings.py"
    strong = settings.read_text().replace('"change-me"', f'"{"0123456789abcdef" * 3}"')
    settings.write_text(strong)
    with ministack.running(folder) as url:
        reader.command(CREDENTIALS + url)
        yield


def test_a_newcomer(reader: Reader, tmp_path: Path) -> None:
    before, shell, after = QUICKSTART.partition(
        "Any process that uses the same database"
    )
    reader.follow(before)
    kitchen = reader.connected()
    reader.follow(shell + after)
    assert '"item":"cake"' in kitchen.read_until("orders.placed")
    assert (reader.folder / "orders" / "tests.py").exists()

    settings = reader.folder / "shop" / "settings.py"
    client_url = f'WSROUTER["default"]["CLIENT_URL"] = "{reader.url}"\n'
    settings.write_text(settings.read_text() + client_url)
    ws = reader.folder / "orders" / "ws.py"
    place = part(ROUTES, "### One per command")
    reader.follow(place.replace("```python", "`orders/ws.py`\n\n```python", 1))
    assert "orders.cancel" in ws.read_text()
    with emulated_aws(reader, tmp_path / "aws"):
        for heading in ("### By command", "### As code", "### By hand"):
            reader.follow(part(ROUTES, heading))
    for name in ("websocket.json", "websocket.tf.json"):
        assert "orders.cancel" in (reader.folder / name).read_text()
    steps = part(ROUTES, "## Test it in five steps")
    reader.follow(steps)
