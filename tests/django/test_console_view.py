"""`ws/docs/`: who sees the console, where it connects to, and its policy."""

import re
import sys
from pathlib import Path
from typing import Any

import django
import pytest
from django.contrib.auth.models import User
from django.contrib.staticfiles import finders
from django.test import Client, override_settings

from tests.django.events import serving
from tests.loaded_modules import WITH_URLS, modules_after
from tests.project.shop.ws import router
from wsrouter.endpoint import console_view
from wsrouter.options import environment

pytestmark = pytest.mark.django_db
ROOT = Path(__file__).parents[2]
STATIC = Path(sys.modules["wsrouter"].__file__ or "").parent / "static"
API = {"API_ID": "abc123", "REGION": "eu-west-1"}
DEPLOYED = "wss://abc123.execute-api.eu-west-1.amazonaws.com"


def page(path: str = "/ws/docs/", **headers: str) -> str:
    response = Client(headers=headers).get(path)
    assert response.status_code == 200
    return response.content.decode()


def status(client: Client, path: str = "/ws/docs/") -> int:
    return client.get(path).status_code


@pytest.mark.parametrize(
    ("options", "debug", "seen_by"),
    [
        ({}, True, {"nobody", "staff"}),
        ({}, False, set()),
        ({"DOCS": "staff"}, True, {"staff"}),
        ({"DOCS": "public"}, False, {"nobody", "staff"}),
        ({"DOCS": None}, True, set()),
    ],
)
def test_who_sees_the_console(
    options: dict[str, Any], debug: bool, seen_by: set[str]
) -> None:
    staff = Client()
    staff.force_login(User.objects.create_user("eve", is_staff=True))
    with serving(router, **options), override_settings(DEBUG=debug):
        found = {"nobody": status(Client()), "staff": status(staff)}
    assert found == {name: 200 if name in seen_by else 404 for name in found}


def test_each_gateway_has_a_console_that_knows_the_others() -> None:
    entry = {"ROUTER": "tests.project.shop.ws.router", "DOCS": "public"}
    entries = {
        "default": entry,
        "other": {**entry, "ENVELOPE": "flat"},
        "hidden": {**entry, "DOCS": None},
    }
    with override_settings(WSROUTER=entries):
        default, other = page(), page("/ws/docs/other/")
        assert [status(Client(), f"/ws/docs/{name}/") for name in ("hidden", "no")] == [
            404,
            404,
        ]
    assert '<a href="/ws/docs/other/">other</a>' in default
    assert "hidden" not in default.replace(" hidden", "").replace('"hidden"', "")
    assert '<a href="/ws/docs/">default</a>' in other
    assert 'data-document="/ws/other/asyncapi.json"' in other
    assert 'data-ticket-url="/ws/ticket/?gateway=other"' in other
    assert 'data-envelope="flat"' in other


def test_where_it_connects_to() -> None:
    with serving(router, DOCS="public", **API):
        assert f'value="{DEPLOYED}/production"' in page()
        with override_settings(DEBUG=True):
            both = page(host="localhost:8000")
    local = 'value="ws://localhost:8001/production"'
    assert both.index(local) < both.index(f'value="{DEPLOYED}/production"')


def test_the_local_gateway_is_that_of_one_entry(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    entry = {"ROUTER": "tests.project.shop.ws.router", "DOCS": "public"}
    urls = {"default": "/ws/docs/", "other": "/ws/docs/other/"}

    def served() -> list[str]:
        with override_settings(WSROUTER=dict.fromkeys(urls, entry), DEBUG=True):
            pages = {name: page(url) for name, url in urls.items()}
            for name, text in pages.items():
                file = urls[name].replace("docs/", "") + "asyncapi.json"
                servers = Client().get(file).json().get("servers", {})
                assert ("local" in servers) == ("<option" in text)
                has_problem = f"ws_local --gateway {name}" in text
                assert has_problem == ("<option" not in text)
        return [name for name, text in pages.items() if ":8001/" in text]

    assert served() == ["default"]
    variable = environment.management_endpoint_variable("other")
    monkeypatch.setenv(variable, "http://127.0.0.1:8001/production")
    assert served() == ["other"]


def test_what_the_settings_lack_is_said() -> None:
    with serving(router, DOCS="public", API_NAME="shop", API_ID=""):
        text = page()
    assert "no DOMAIN and no API_ID" in text
    assert "<option" not in text


def test_nothing_is_inline_and_every_file_is_there() -> None:
    with serving(router, DOCS="public", API_NAME="</script><b>"):
        text = page()
    assert "<b>" not in text
    scripts = re.findall(r"<script\b[^>]*>(.*?)</script>", text, re.S)
    assert scripts == [""]
    assert not re.search(r"<style|\sstyle=|\son\w+=|importmap|https?://(?!\w)", text)
    for url in re.findall(r'"/static/([^"]+)"', text):
        assert finders.find(url), url
    names = {path.stem for path in (STATIC / console_view.FOLDER).glob("*.js")}
    assert names == {*console_view.MODULES, "start"}


def test_no_module_imports_another() -> None:
    for path in (STATIC / console_view.FOLDER).glob("*.js"):
        text = path.read_text()
        assert not re.search(r"^\s*(import|export)\b[^;]*\bfrom\b", text, re.M), path
        assert "innerHTML" not in text
        assert len(text.splitlines()) <= 300


@pytest.mark.skipif(django.VERSION < (6,), reason="Django 6 has the middleware")
@pytest.mark.parametrize(
    ("policy", "expected"),
    [
        ({"default-src": ["'self'"]}, f"connect-src 'self' {DEPLOYED}"),
        ({"connect-src": ["'none'"]}, f"connect-src {DEPLOYED}"),
        ({"default-src": "'self'"}, f"connect-src 'self' {DEPLOYED}"),
        ({"img-src": ["'self'"]}, None),
    ],
)
@pytest.mark.parametrize("setting", ["SECURE_CSP", "SECURE_CSP_REPORT_ONLY"])
def test_djangos_own_policy_gets_the_socket(
    policy: dict[str, Any], expected: str | None, setting: str
) -> None:
    middleware = ["django.middleware.csp.ContentSecurityPolicyMiddleware"]
    header = "Content-Security-Policy"
    header += "-Report-Only" if setting.endswith("ONLY") else ""
    with (
        serving(router, DOCS="public", **API),
        override_settings(**{setting: policy, "MIDDLEWARE": middleware}),
    ):
        found = Client().get("/ws/docs/")[header].split("; ")
        elsewhere = Client().get("/ws/asyncapi.json")[header]
    connect = [part for part in found if part.startswith("connect-src")]
    assert connect == ([expected] if expected else [])
    assert DEPLOYED not in elsewhere


def test_urls_load_little_of_it() -> None:
    loaded = modules_after(WITH_URLS)
    assert not {m for m in loaded if "console_csp" in m or "boto" in m}
