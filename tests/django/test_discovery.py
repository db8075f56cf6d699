"""The root router: what apps declare in their `ws` modules."""

import subprocess
import sys
from pathlib import Path
from typing import Any

from django.test import override_settings

from tests.project.shop import ws as shop
from wsrouter.apps import WSRouterConfig
from wsrouter.routing.table import table
from wsrouter.wiring.routers import apps_router

SETTINGS = """
from tests.project.settings import *
INSTALLED_APPS += {apps!r}
WSROUTER = {{"default": {entry!r}}}
"""


def keys() -> list[str]:
    return sorted(table(apps_router()).routes)


def test_every_apps_router_is_included() -> None:
    assert "shop.echo" in keys()
    assert shop.router in [each.router for each in apps_router().includes]


def project(tmp_path: Path, entry: Any, **apps: str) -> str:
    """What a project with these apps says of itself, in a process of its own."""
    for name, source in apps.items():
        (tmp_path / name).mkdir()
        (tmp_path / name / "__init__.py").touch()
        (tmp_path / name / "ws.py").write_text(
            f"from wsrouter import Router\nrouter = Router()\n{source}\n"
        )
    settings = SETTINGS.format(apps=list(apps), entry=entry)
    (tmp_path / "its_settings.py").write_text(settings)
    code = (
        f"import sys; sys.path[:0] = [{str(tmp_path)!r}, {str(Path.cwd())!r}]\n"
        "import django; django.setup()\n"
        "from django.core.management import call_command; call_command('check')\n"
        "from wsrouter import conf\n"
        "from wsrouter.wiring import routers\n"
        "from wsrouter.routing.table import table\n"
        "print(sorted(table(routers.root_router(conf.gateway())).routes))\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", code],
        env={"DJANGO_SETTINGS_MODULE": "its_settings"},
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )
    return (done.stdout + done.stderr).strip()


ROUTE = "@router.route('list')\ndef handler() -> None: ..."


def test_a_router_that_another_one_includes_is_not_included_twice(
    tmp_path: Path,
) -> None:
    outer = "from inner_app import ws\nrouter.include(ws.router, prefix='in.')"
    for number, names in enumerate((("a", "inner_app"), ("z", "inner_app"))):
        folder = tmp_path / str(number)
        folder.mkdir()
        apps = {names[0]: outer, names[1]: ROUTE}
        assert "['in.list', 'shop.echo']" in project(folder, {}, **apps)


def test_two_apps_with_one_key_fail_at_the_start(tmp_path: Path) -> None:
    said = project(tmp_path, {}, first=ROUTE, second=ROUTE)
    assert "DeclarationError: Route 'list' is declared twice" in said
    assert f"{tmp_path}/first/ws.py" in said
    assert f"{tmp_path}/second/ws.py" in said


def test_unless_a_root_router_gives_them_prefixes(tmp_path: Path) -> None:
    root = (
        "import first.ws, second.ws\n"
        "router.include(first.ws.router, prefix='1.')\n"
        "router.include(second.ws.router, prefix='2.')"
    )
    said = project(
        tmp_path, {"ROUTER": "root.ws.router"}, first=ROUTE, second=ROUTE, root=root
    )
    assert said.endswith("['1.list', '2.list']")


def test_a_module_named_ws_without_a_router(tmp_path: Path) -> None:
    said = project(tmp_path, {}, app="del router")
    assert "['shop.echo']" in said
    assert "wsrouter.W020) app.ws has no `router`" in said


def test_a_router_that_is_none(tmp_path: Path) -> None:
    said = project(tmp_path, {}, app="router = 'me'")
    assert "wsrouter.E002) app.ws.router is 'me', which is not a Router." in said


def test_a_ws_module_that_cannot_be_imported(tmp_path: Path) -> None:
    assert "ModuleNotFoundError" in project(tmp_path, {}, app="import nowhere")


def test_a_wrong_setting_does_not_keep_the_project_from_starting() -> None:
    """`manage.py check` must be able to tell of it."""
    config = WSRouterConfig.create("wsrouter")
    for wrong in ({"default": {"ROUTER": "no.where"}}, []):
        with override_settings(WSROUTER=wrong):
            config.ready()


def test_apps_installed_later_count() -> None:
    before = apps_router()
    users = ["django.contrib.auth", "django.contrib.contenttypes"]
    with override_settings(INSTALLED_APPS=[*users, "wsrouter", "tests.project.shop"]):
        assert apps_router() is not before
        assert keys() == ["shop.echo"]
    assert "shop.echo" in keys()
