"""docs/howto/aws-from-nothing.md: cfn-lint accepts the template."""

from cfnlint.api import lint

from tests.docs_pages.blocks import blocks

PAGE = "howto/aws-from-nothing.md"


def test_cfn_lint_accepts_the_template() -> None:
    (block,) = blocks(PAGE, "yaml", run=False)
    assert [str(match) for match in lint(block.text)] == []
