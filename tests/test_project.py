"""The pages that a stranger opens first lead somewhere, and to one repository."""

import re
import tomllib
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
URLS = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]["urls"]
REPOSITORY = URLS["Homepage"]
FORMS = sorted((ROOT / ".github").rglob("*.*"))
PAGES = [ROOT / name for name in ("README.md", "SECURITY.md", "CONTRIBUTING.md")]
HOSTS = re.compile(
    r"https?://(?:www\.)?(?:github|gitlab|bitbucket|codeberg)\.[^\s)\"'>]+"
)
CODE = re.compile(r"^```.*?^```$|`[^`]*`", re.MULTILINE | re.DOTALL)
INLINE = re.compile(r"\]\(([^)\s]+)\)")
REFERENCE = re.compile(r"\[([^\]\[]+)\](?!\()")
DEFINITION = re.compile(r"^\[([^\]]+)\]: (\S+)$", re.MULTILINE)


def prose(page: Path) -> str:
    return CODE.sub("", page.read_text())


def targets(page: Path) -> list[str]:
    text = prose(page)
    return INLINE.findall(text) + [target for _, target in DEFINITION.findall(text)]


def in_this_repository(target: str) -> Path | None:
    """The file or the folder that a link shows, None where it shows something else."""
    kind = "tree" if (path := _path(target)) and path.is_dir() else "blob"
    return path if target.startswith(f"{REPOSITORY}/{kind}/main/") else None


def _path(target: str) -> Path | None:
    shown = re.match(f"{re.escape(REPOSITORY)}/(?:blob|tree)/main/([^#]+)", target)
    return ROOT / shown[1] if shown else None


def test_the_urls_are_those_of_one_repository() -> None:
    assert set(URLS) == {
        "Homepage",
        "Documentation",
        "Changelog",
        "Issues",
        "Security",
    }
    for url in URLS.values():
        assert url == REPOSITORY or url.startswith(f"{REPOSITORY}/")
    for name in ("Documentation", "Changelog"):
        path = in_this_repository(URLS[name])
        assert path is not None
        assert path.is_file()


@pytest.mark.parametrize("page", [*PAGES, *FORMS], ids=lambda page: page.name)
def test_a_page_names_no_other_repository(page: Path) -> None:
    for url in HOSTS.findall(page.read_text()):
        assert url == REPOSITORY or url.startswith(f"{REPOSITORY}/")


def test_a_vulnerability_is_reported_in_private() -> None:
    assert URLS["Security"] == f"{REPOSITORY}/security/advisories/new"
    for name in ("SECURITY.md", "CONTRIBUTING.md", ".github/ISSUE_TEMPLATE/config.yml"):
        assert URLS["Security"] in (ROOT / name).read_text()


def test_links_of_the_readme_work_on_a_package_index() -> None:
    """There is no file beside it: each link is absolute, and shows what is here."""
    found = targets(ROOT / "README.md")
    assert found
    for target in found:
        path = in_this_repository(target)
        assert path is not None, target
        assert path.exists(), target


def test_links_of_the_readme_are_defined_and_used() -> None:
    text = prose(ROOT / "README.md")
    defined = [name for name, _ in DEFINITION.findall(text)]
    read = DEFINITION.sub("", text)
    used = {name.lower() for name in REFERENCE.findall(read)}
    assert sorted(used) == defined


@pytest.mark.parametrize("page", PAGES[1:], ids=lambda page: page.name)
def test_relative_links_show_what_is_here(page: Path) -> None:
    relative = [target for target in targets(page) if "://" not in target]
    assert relative
    for target in relative:
        assert (page.parent / target.partition("#")[0]).exists(), target
