"""The navigation by need. New pages are found by themselves, after those named here."""

from typing import Any

NEEDS = {
    "Start": [
        "quickstart",
        "tutorial/index",
        "tutorial/rooms",
        "tutorial/lines",
        "tutorial/nothing-missed",
        "tutorial/tests-and-types",
        "tutorial/on-aws",
    ],
    "How to": [
        "howto/adding-routes",
        "howto/authenticate",
        "howto/browser",
        "howto/groups",
        "howto/push",
        "howto/streams",
        "howto/run-locally",
        "howto/publish",
        "howto/aws-from-nothing",
        "howto/deploy",
        "howto/troubleshooting",
        "howto/move-*",
        "howto/*",
    ],
    "Recipes": [
        "recipes/toasts",
        "recipes/progress",
        "recipes/typing",
        "recipes/who-is-there",
        "recipes/chat-history",
        "recipes/*",
    ],
    "Reference": [
        "reference/router",
        "reference/settings",
        "reference/commands",
        "reference/names",
        "reference/*",
        "reference/api/*",
        "glossary",
    ],
    "Explanation": ["explanation/way-of-a-message", "explanation/*"],
    "Project": ["changelog", "contributing/*"],
}


def append(_app: Any, docname: str, source: list[str]) -> None:
    """Put the tables of contents under the index, which GitHub shows without them."""
    if docname == "index":
        source[0] += "".join(_toctree(*need) for need in NEEDS.items())


def _toctree(caption: str, pages: list[str]) -> str:
    options = f":hidden:\n:glob:\n:maxdepth: 1\n:caption: {caption}"
    return "\n".join(["\n```{toctree}", options, "", *pages, "```", ""])
