"""Links of the built site lead somewhere, and to every public name in two clicks."""

from importlib import import_module
from pathlib import Path

from tests.docs_site.html_pages import html_page
from tests.test_public_names import DOCUMENTED

SHELL = {"genindex.html", "py-modindex.html", "search.html"}


def pages(built: Path) -> list[Path]:
    return sorted(built.rglob("*.html"))


def test_every_page_of_the_sources_was_built(built: Path) -> None:
    docs = built.parents[1]
    sources = {path.relative_to(docs) for path in docs.rglob("*.md")}
    assert {path.with_suffix(".html") for path in sources} <= {
        path.relative_to(built) for path in pages(built)
    }


def test_links_and_anchors_lead_somewhere(built: Path) -> None:
    dead = [
        (page.relative_to(built).as_posix(), target.name, anchor)
        for page in pages(built)
        for target, anchor in html_page(page).links()
        if not target.exists()
        or (anchor and target.suffix == ".html" and anchor not in html_page(target).ids)
    ]
    assert dead == []


def test_every_page_is_in_the_navigation(built: Path) -> None:
    index = {target for target, _ in html_page(built / "index.html").links()}
    outside = {page for page in pages(built) if page.name not in SHELL} - index
    assert outside == set()


def test_two_clicks_lead_to_every_public_name(built: Path) -> None:
    reached = {
        (target, anchor)
        for page, _ in html_page(built / "index.html").links()
        if page.suffix == ".html"
        for target, anchor in html_page(page).links()
    }
    described = {
        anchor
        for target, anchor in reached
        if target.suffix == ".html" and anchor in html_page(target).ids
    }
    for module, names in DOCUMENTED.items():
        for name in names:
            assert anchors_of(module, name) & described, f"{module}.{name}"


def anchors_of(module: str, name: str) -> set[str]:
    """Under which anchors a name may be described: what has two names, such as the
    `connect` and `Client` of wsrouter.client, is described once."""
    value = getattr(import_module(module), name)
    return {
        f"{other}.{same}"
        for other, names in DOCUMENTED.items()
        for same in names
        if getattr(import_module(other), same) is value
    }


def test_a_class_is_described_with_its_attributes(built: Path) -> None:
    ids = html_page(built / "reference/api/wsrouter.html").ids
    attributes = {
        "Message": ["route_key", "id", "message_id", "received_at", "headers"],
        "Frame": ["event_type", "connection_id", "body", "principal"],
        "Delivery": ["event", "status", "report"],
        "Report": ["delivered", "gone", "failed", "reasons"],
        "Connection": ["join", "ajoin", "update_state", "aupdate_state"],
    }
    for name, members in attributes.items():
        assert {f"wsrouter.{name}.{member}" for member in members} <= ids
