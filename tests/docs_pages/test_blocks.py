"""Every code block of the pages in RUN_BY is run by a test, or says why it is not."""

from collections import Counter
from pathlib import Path

import pytest

from tests.docs_pages.blocks import BLOCK, DOCS, blocks

TESTS = Path(__file__).parents[1]
RUN_BY = {
    "explanation/ordering-and-delivery.md": ["docs_pages/test_ordering.py"],
    "howto/async-handlers.md": ["docs_pages/test_async_handlers.py"],
    "howto/aws-from-nothing.md": ["docs_pages/test_aws_from_nothing.py"],
    "howto/deploy-without-a-gap.md": ["docs_pages/test_deploying.py"],
    "howto/tickets.md": ["docs_pages/test_tickets.py"],
    "recipes/react.md": [
        "docs_pages/test_recipes.py",
        "documents/judges/test_react_recipe.py",
    ],
}
RECIPES = ["docs_pages/test_recipes.py", "browser/pages/test_documented_recipes.py"]
RUN_BY |= {
    f"recipes/{path.name}": RECIPES
    for path in DOCS.glob("recipes/*.md")
    if path.name != "react.md"
}
# How many blocks of all pages are not run, by their reason.
NOT_RUN = {
    "it examines AWS and DNS": 1,
    "it is a line of an application with TanStack Query": 1,
    "it needs AWS and a pipeline of GitHub": 1,
    "it needs Apache": 1,
    "it needs Terraform and an AWS account": 1,
    "it needs an AWS account": 7,
    "it needs an AWS account and DNS": 1,
    "it needs an AWS account, and a Django that API Gateway can reach": 1,
    "it needs an AWS account and a domain": 1,
    "it needs an AWS account; cfn-lint reads it in the tests": 1,
    "the URL is the one that ws_sync printed": 1,
}
PAGES = sorted(path.relative_to(DOCS).as_posix() for path in DOCS.rglob("*.md"))


@pytest.mark.parametrize("page", RUN_BY)
def test_a_test_runs_the_blocks(page: str) -> None:
    """Python by `install`, which wants the file that a block is; other languages are
    asked for by name. The tests name the page, a recipe by its stem."""
    tests = "".join((TESTS / name).read_text() for name in RUN_BY[page])
    assert f'"{page}"' in tests or f'"{Path(page).stem}"' in tests
    for block in blocks(page):
        if block.language == "python":
            assert block.path, block.text
            assert "install(" in tests
        elif block.language != "text":
            assert f', "{block.language}"' in tests, block.text


def test_so_many_blocks_are_not_run() -> None:
    reasons = [b.reason for page in PAGES for b in blocks(page, run=False)]
    assert Counter(reasons) == NOT_RUN


def test_every_reason_stands_above_a_block() -> None:
    for page in PAGES:
        text = (DOCS / page).read_text()
        reasons = [match["reason"] for match in BLOCK.finditer(text) if match["reason"]]
        assert text.count("<!-- not run:") == len(reasons), page
