"""What the distribution promises: its version, its dependencies, its light import."""

import re
import sys
from importlib import metadata
from importlib.util import find_spec
from pathlib import Path

from packaging.requirements import Requirement
from packaging.version import Version

from tests.loaded_modules import modules_after

DISTRIBUTION = "django-wsrouter"
CHANGELOG = Path(__file__).parent.parent / "docs" / "changelog.md"
ENTRY = re.compile(
    r"^## (?P<version>\d+\.\d+\.\d+) \((?P<date>unreleased|\d{4}-\d\d-\d\d)\)$"
)

BELOW_ROUTING = {
    "annotated_types",
    "asgiref",
    "orjson",
    "pydantic",
    "pydantic_core",
    "typing_extensions",
    "typing_inspection",
    "wsrouter",
}

EVERY_MODULE_OF_ROUTING = """
import importlib, pkgutil, wsrouter.routing as package
for each in pkgutil.walk_packages(package.__path__, "wsrouter.routing."):
    importlib.import_module(each.name)
"""


def libraries(modules: set[str]) -> set[str]:
    names = {module.partition(".")[0] for module in modules} - sys.stdlib_module_names
    return {name for name in names if not name.startswith("_")}


def test_the_version_is_the_newest_in_the_changelog() -> None:
    newest = re.search(r"^## (\S+)", CHANGELOG.read_text(), re.MULTILINE)
    assert newest is not None
    assert newest[1] == metadata.version(DISTRIBUTION)


def test_the_changelog_goes_back_in_time_and_only_the_newest_is_unreleased() -> None:
    lines = CHANGELOG.read_text().splitlines()
    headings = [line for line in lines if line.startswith("## ")]
    entries = [ENTRY.match(heading) for heading in headings]
    assert None not in entries, headings
    versions = [Version(entry["version"]) for entry in entries if entry]
    dates = [entry["date"] for entry in entries if entry]
    assert versions == sorted(set(versions), reverse=True)
    assert "unreleased" not in dates[1:]
    assert dates == sorted(dates, reverse=True)


def test_the_hard_dependencies_are_four() -> None:
    required = map(Requirement, metadata.requires(DISTRIBUTION) or [])
    hard = {each.name.lower() for each in required if each.marker is None}
    assert hard == {"boto3", "django", "orjson", "pydantic"}


def test_pytest_finds_the_fixtures_by_an_entry_point() -> None:
    """The package session asks the wheel."""
    (plugin,) = metadata.distribution(DISTRIBUTION).entry_points
    assert (plugin.group, plugin.name) == ("pytest11", "wsrouter")
    assert {"ws_client", "captured_events"} <= set(dir(plugin.load()))


HEAVY = {"aiohttp", "boto3", "botocore", "pycurl", "starlette", "urllib3", "uvicorn"}
START = "import django, os, wsrouter\n{environ}\ndjango.setup()"


def test_the_import_is_light() -> None:
    loaded = modules_after("import wsrouter")
    assert not loaded & {*HEAVY, "django", "pydantic", "wsrouter.models"}


def test_starting_is_light() -> None:
    """With a module of routes. What publishes, sends and runs locally comes later."""
    name = "tests.project.settings"
    environ = f'os.environ["DJANGO_SETTINGS_MODULE"] = "{name}"'
    loaded = modules_after(START.format(environ=environ))
    assert "tests.project.shop.ws" in loaded
    assert not loaded & HEAVY
    later = {
        f"wsrouter.{name}"
        for name in (
            "aws",
            "delivery.sender",
            "documents",
            "endpoint",
            "local",
            "sync",
        )
    }
    assert all(find_spec(name) for name in later)
    assert not loaded & later


def test_starting_without_a_router_loads_none() -> None:
    code = """
from django.conf import settings
apps = ["django.contrib.auth", "django.contrib.contenttypes", "wsrouter"]
settings.configure(INSTALLED_APPS=apps)"""
    loaded = modules_after(START.format(environ=code))
    assert not loaded & {"pydantic", "wsrouter.routing.router", "wsrouter.conf"}


def test_routing_works_in_a_bare_interpreter() -> None:
    before = libraries(modules_after(""))
    loaded = libraries(modules_after(EVERY_MODULE_OF_ROUTING)) - before
    assert loaded <= BELOW_ROUTING, loaded - BELOW_ROUTING
