"""The errors of `ws_local` when it cannot start."""

import socket
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from django.core.management import CommandError, call_command, load_command_class
from django.test import override_settings

from tests.local.ws_local_process import ROOT, Site
from tests.ports import free_port

STRONG = "0a1b2c3d4e5f60718293a4b5c6d7e8f9f8e7d6c5b4a392817060f5e4d3c2b1a0"


def setting(**changed: Any) -> Any:
    entry = {"API_NAME": "a", "ENDPOINT": "https://example.com/ws/", "SECRET": STRONG}
    return override_settings(WSROUTER={"default": entry | changed})


def refusal(*options: str) -> str:
    with pytest.raises(CommandError) as raised:
        call_command("ws_local", "--port", str(free_port()), *options)
    return str(raised.value)


@pytest.fixture
def port_in_use() -> Iterator[str]:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        yield str(listener.getsockname()[1])


def test_a_port_in_use_is_named_with_its_option(port_in_use: str) -> None:
    with pytest.raises(CommandError) as raised:
        call_command("ws_local", "--port", port_in_use)
    assert f"127.0.0.1:{port_in_use}" in str(raised.value)
    assert "--port" in str(raised.value)


def test_a_django_port_in_use_is_named_with_its_option(port_in_use: str) -> None:
    message = refusal("--django-port", port_in_use)
    assert f"127.0.0.1:{port_in_use}" in message
    assert "--django-port" in message


def test_a_port_in_use_comes_with_a_command_that_works(
    port_in_use: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    given = [
        "manage.py",
        "ws_local",
        "--port",
        port_in_use,
        "--strict",
        "--gateway=default",
    ]
    monkeypatch.setattr(sys, "argv", given)
    monkeypatch.setattr(sys.modules["__main__"], "__spec__", None)
    with pytest.raises(CommandError) as raised:
        call_command("ws_local", "--port", port_in_use)
    [command] = [line for line in str(raised.value).splitlines() if line[:1] == " "]
    words, _, port = command.strip().rpartition(" ")
    assert words == "python manage.py ws_local --strict --gateway=default --port"
    socket.create_server(("127.0.0.1", int(port))).close()


@pytest.mark.parametrize("host", ["192.0.2.1", "no.such.host.invalid"])
def test_the_error_about_a_wrong_host_does_not_name_a_port(host: str) -> None:
    message = refusal("--host", host)
    assert "--host takes an address of this machine" in message
    assert "--port" not in message


def test_an_impossible_port_is_refused() -> None:
    with pytest.raises(CommandError, match="'70000' is not a port number"):
        call_command("ws_local", "--port", "70000")


def test_without_a_secret_the_setting_is_named() -> None:
    with setting(SECRET=""):
        assert "WSROUTER['default'] has no SECRET" in refusal()


def test_a_weak_secret_is_refused_outside_debug() -> None:
    with setting(SECRET="weak"):
        assert "weak SECRET" in refusal()


def test_an_unknown_gateway_is_named() -> None:
    assert "no gateway 'other'" in refusal("--gateway", "other")


def test_no_django_needs_an_endpoint() -> None:
    with setting(ENDPOINT=""):
        assert "--no-django needs WSROUTER['default']['ENDPOINT']" in refusal(
            "--no-django"
        )


@override_settings(ROOT_URLCONF="tests.local.site.no_urls")
def test_without_the_url_the_line_to_add_is_named() -> None:
    assert 'add path("ws/", include("wsrouter.urls"))' in refusal()


@pytest.mark.parametrize("value", ["0", "-1", "nan", "inf", "soon"])
def test_a_limit_is_a_number_of_seconds(value: str) -> None:
    assert "is not a number of seconds above 0" in refusal(f"--idle-timeout={value}")


def test_help_shows_the_defaults(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit):
        load_command_class("wsrouter", "ws_local").run_from_argv(
            ["manage.py", "ws_local", "--help"]
        )
    printed = " ".join(capsys.readouterr().out.split())
    for default in ("default", "127.0.0.1", "8001", "8000", "600", "7200"):
        assert f"(default: {default})" in printed


@pytest.mark.parametrize("missing", ["aiohttp", "uvicorn", "websockets"])
def test_a_missing_library_names_the_extra(missing: str, tmp_path: Path) -> None:
    without = (
        f"import sys; sys.modules[{missing!r}] = None;"
        "from django.core.management import execute_from_command_line as run;"
        "run(['manage.py', 'ws_local'])"
    )
    site = Site(database=tmp_path / "db.sqlite3")
    done = subprocess.run(
        [sys.executable, "-c", without],
        cwd=ROOT,
        env=site.environment,
        capture_output=True,
        text=True,
        timeout=120,
    )
    assert done.returncode == 1
    assert done.stderr.startswith("CommandError: The local gateway needs"), done.stderr
    assert 'pip install "django-wsrouter[local]"' in done.stderr
