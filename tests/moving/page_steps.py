"""What the code blocks of docs/howto/move-from-django-aws-api-gateway-websockets.md do
to a project, step by step."""

import ast
import re
from collections.abc import Iterator, Mapping
from pathlib import Path

HOWTO = Path(__file__).parents[2] / "docs" / "howto"
PAGE = HOWTO / "move-from-django-aws-api-gateway-websockets.md"
TEXT = PAGE.read_text()
COPIED = "class HandlerEnvelope"
_BLOCK = re.compile(r"^( *)```(\w+)\n(.*?)^ *```$", re.M | re.S)
_PLACE = re.compile(r"(?:#|//) (\S+\.\w+)\n")


def section(heading: str) -> str:
    """What stands below a heading of the second level."""
    _, found, rest = TEXT.partition(f"\n## {heading}\n")
    assert found, f"The page has no heading {heading!r}"
    return rest.partition("\n## ")[0]


def blocks(heading: str, *languages: str) -> Iterator[str]:
    for indent, language, text in _BLOCK.findall(section(heading)):
        if language in languages:
            yield re.sub(f"^{indent}", "", text, flags=re.M)


def commands(heading: str) -> dict[str, str]:
    """What the page shows below each command, by its words after `manage.py`."""
    text = "".join(blocks(heading, "console"))
    parts = re.split(r"^\$ python manage\.py (.+)\n", text, flags=re.M)[1:]
    return dict(zip(parts[::2], parts[1::2], strict=True))


def apply(heading: str, project: Path, values: Mapping[str, str]) -> None:
    """Change the project as the blocks of a section say. `values` stand for what the
    page has as an example."""
    for block in blocks(heading, "python", "js"):
        if placed := _PLACE.match(block):
            code = block[placed.end() :]
            for example, value in values.items():
                code = code.replace(example, value)
            _write(project / placed[1], code)


def add_envelope(project: Path) -> None:
    """Copy the class that the page points to."""
    text = (HOWTO / "envelopes.md").read_text()
    found = [code for _, kind, code in _BLOCK.findall(text) if COPIED in code]
    (project / "chat" / "envelopes.py").write_text(found[0].replace("shop/", "chat/"))


def without(path: Path, *names: str) -> None:
    """Delete functions, classes and methods (`ChatView.say`) from a module."""
    source = path.read_text()
    for name in names:
        source = _without(source, name)
    path.write_text(source)


def without_lines(path: Path, *texts: str) -> None:
    """Delete the lines in which one of these texts is."""
    lines = path.read_text().splitlines(keepends=True)
    kept = [line for line in lines if not any(text in line for text in texts)]
    path.write_text("".join(kept))


def replace(path: Path, *changes: tuple[str, str]) -> None:
    source = path.read_text()
    for old, new in changes:
        assert old in source, old
        source = source.replace(old, new)
    path.write_text(source)


def _write(path: Path, code: str) -> None:
    """A function or class takes the place of the former one of its name; whatever else
    a block has comes at the end of the module. A script is written anew."""
    if path.suffix == ".py" and path.exists():
        before = path.read_text()
        for node in ast.parse(code).body:
            name = getattr(node, "name", "")
            if name and name in _definitions(before):
                before = _without(before, name)
        code = f"{before.rstrip()}\n\n\n{code}"
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(code)


def _without(source: str, name: str) -> str:
    first, last = _definitions(source)[name]
    lines = source.splitlines(keepends=True)
    return "".join(lines[: first - 1] + lines[last:])


def _definitions(source: str) -> dict[str, tuple[int, int]]:
    """The first and the last line of each function, class and method."""
    found = {}
    for node in ast.parse(source).body:
        if not isinstance(node, ast.FunctionDef | ast.ClassDef):
            continue
        found[node.name] = _lines(node)
        if isinstance(node, ast.ClassDef):
            methods = (each for each in node.body if isinstance(each, ast.FunctionDef))
            found |= {f"{node.name}.{each.name}": _lines(each) for each in methods}
    return found


def _lines(node: ast.FunctionDef | ast.ClassDef) -> tuple[int, int]:
    starts = [node.lineno, *(each.lineno for each in node.decorator_list)]
    assert node.end_lineno
    return min(starts), node.end_lineno
