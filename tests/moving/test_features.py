"""The page has a word on everything that a project can have used there."""

import re
from collections.abc import Iterator
from pathlib import Path

import django_aws_api_gateway_websockets as peer
import pytest

from tests.moving.page_steps import TEXT

FEATURES = TEXT.partition("\n## The project that moves\n")[0].lower()
OF_DJANGO = {"as_view", "dispatch", "http_method_names", "setup"}
OF_DJANGO |= {"http_method_not_allowed", "options", "view_is_async"}
NO_FEATURES = {"BASE_HANDLERS", "WebSocketSessionQuerySet", "api_gateway", "model"}
NO_FEATURES |= {"created_on", "updated_on"}
"""Class attributes that the library itself sets, or never reads."""


def source(name: str) -> str:
    return (Path(peer.__path__[0]) / name).read_text()


def attributes() -> Iterator[str]:
    """The public methods and attributes of the view, which projects override."""
    body = source("views.py").partition("class WebSocketView(View)")[2]
    yield from re.findall(r"^    (?:def )?([A-Za-z]\w+)(?: = |\()", body, re.M)


def settings() -> Iterator[str]:
    body = source("conf.py")
    yield from re.findall(r'"(\w+_\w+)"', body)
    yield from re.findall(r"settings\.(AWS_\w+)", source("models.py"))


def fields(model: str) -> Iterator[str]:
    """What a person fills in."""
    body = re.split(r"^class ", source("models.py"), flags=re.M)
    (text,) = [part for part in body if part.startswith(f"{model}(")]
    named = re.findall(r"^    (\w+) = models\.\w+\((.*?)^    \)|^$", text, re.M | re.S)
    yield from (name for name, options in named if name and "editable" not in options)


def others() -> Iterator[str]:
    """Models, views, mixins and commands."""
    for name in ("models.py", "views.py", "mixins.py"):
        yield from re.findall(r"^class (\w+)\(", source(name), re.M)
        yield from re.findall(r"^class (\w+Mixin):", source(name), re.M)
    folder = Path(peer.__path__[0]) / "management" / "commands"
    yield from (path.stem for path in folder.glob("[a-zA-Z]*.py"))


NAMES = {*attributes(), *settings(), *others(), *fields("ApiGateway")}
NAMES -= OF_DJANGO | NO_FEATURES


@pytest.mark.parametrize("name", sorted(NAMES))
def test_it_is_in_a_table(name: str) -> None:
    assert re.search(rf"\b{name.lower()}\b", FEATURES)
