"""One page of signatures and docstrings for each module that reference/names.md has."""

import re
from functools import partial
from importlib import import_module
from pathlib import Path
from typing import Any

import django
from django.conf import settings

NAMES = Path(__file__).parents[1] / "reference" / "names.md"
PAGES = NAMES.parent / "api"
SECTION = re.compile(
    r"^## `(?P<module>wsrouter[\w.]*)`$(?P<text>.*?)(?=^## |\Z)",
    re.DOTALL | re.MULTILINE,
)
FIRST_CELL = re.compile(r"(?<=^\| )`.+?`(?= \|)", re.MULTILINE)
NAME = re.compile(r"`(\w+)(.*?)`")
PAGE = """\
{module}
{underline}

.. automodule:: {module}
"""
MEMBERS = """\
   :members: {members}
   :undoc-members:
"""
VARIABLE = """
.. py:data:: {name}
   :module: {module}
"""


def configure_django() -> None:
    """The package is imported as in a project that has installed it."""
    apps = ["django.contrib.contenttypes", "django.contrib.auth", "wsrouter"]
    settings.configure(INSTALLED_APPS=apps, WSROUTER={"default": {}})
    django.setup()


def names() -> dict[str, list[str]]:
    """The public names by module, in the order of the page."""
    return {
        section["module"]: [
            name
            for cell in FIRST_CELL.findall(section["text"])
            for name, _ in NAME.findall(cell)
        ]
        for section in SECTION.finditer(NAMES.read_text())
    }


def homes() -> dict[str, str]:
    """The dotted path under which each dotted path is described: a class that two
    modules offer is described once."""
    first: dict[int, str] = {}
    found = {}
    for module, listed in names().items():
        for name in listed:
            path = f"{module}.{name}"
            value = getattr(import_module(module), name)
            found[path] = first.setdefault(id(value), path)
    return found


def write(_app: Any) -> None:
    """Write the pages; one that is as it was stays, so that it is not built again."""
    PAGES.mkdir(exist_ok=True)
    described = {path for path, home in homes().items() if path == home}
    wanted = {
        f"{module}.rst": _page(
            module, [name for name in listed if f"{module}.{name}" in described]
        )
        for module, listed in names().items()
    }
    for path in PAGES.glob("*.rst"):
        if path.name not in wanted:
            path.unlink()
    for name, text in wanted.items():
        path = PAGES / name
        if not path.exists() or path.read_text() != text:
            path.write_text(text)


def link_names(_app: Any, docname: str, source: list[str]) -> None:
    """In the tables of reference/names, each name leads to its entry."""
    if docname == "reference/names":
        source[0] = SECTION.sub(partial(_linked_section, homes()), source[0])


def _page(module: str, found: list[str]) -> str:
    values = vars(import_module(module))
    # autodoc leaves out what has no docstring of its own: a version, a task.
    plain = [
        name
        for name in found
        if name.startswith("__") or type(values.get(name)).__name__ == "Task"
    ]
    members = ", ".join(name for name in found if name not in plain)
    page = PAGE.format(module=module, underline="=" * len(module))
    if members:
        page += MEMBERS.format(members=members)
    return page + "".join(VARIABLE.format(module=module, name=name) for name in plain)


def _linked_section(paths: dict[str, str], section: re.Match[str]) -> str:
    def linked(name: re.Match[str]) -> str:
        home = paths[f"{section['module']}.{name[1]}"]
        return f"{{py:obj}}`{name[1]}{name[2]} <{home}>`"

    def linked_cell(cell: re.Match[str]) -> str:
        return NAME.sub(linked, cell[0])

    return FIRST_CELL.sub(linked_cell, section[0])
