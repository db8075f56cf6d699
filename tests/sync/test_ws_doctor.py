"""`ws_doctor` against a real Django server and a control plane in memory."""

import io
import re
from collections.abc import Iterator
from functools import cache
from http.server import BaseHTTPRequestHandler, HTTPServer
from threading import Thread
from typing import Any, ClassVar

import pytest
from django.core.management import call_command
from django.core.management.base import CommandError
from pytest_django.live_server_helper import LiveServer

from tests.simulated_aws.control_plane import MemoryControlPlane
from tests.sync.test_options import CERTIFICATE
from wsrouter.errors import ConnectionGone, DeliveryFailed
from wsrouter.wiring import incoming, outgoing, publisher


class Sockets:
    """A transport on which nobody is connected."""

    error: Exception = ConnectionGone()
    asked: ClassVar[list[Any]] = []

    def __init__(self, alias: str) -> None:
        self.asked.append(alias)

    def info(self, address: Any) -> Any:
        self.asked.append(address.connection_id)
        raise self.error


@pytest.fixture
def plane(monkeypatch: pytest.MonkeyPatch) -> MemoryControlPlane:
    made = MemoryControlPlane(pending_polls=0)
    monkeypatch.setattr(publisher, "control_plane", lambda alias, **_: made)
    monkeypatch.setattr(outgoing, "transport", Sockets)
    monkeypatch.setattr(Sockets, "asked", [])
    return made


@pytest.fixture
def configure(settings: Any) -> Any:
    def change(**changes: Any) -> None:
        entry = {**settings.WSROUTER["default"], **changes}
        settings.WSROUTER = {"default": entry}

    return change


@pytest.fixture
def sound(plane: MemoryControlPlane, configure: Any, live_server: LiveServer) -> None:
    """A gateway with nothing wrong."""
    configure(ENDPOINT=f"{live_server.url}/ws/")
    call_command("ws_sync", "--no-input", stdout=io.StringIO())


def run(endpoint_url: str = "") -> str:
    out = io.StringIO()
    call_command("ws_doctor", endpoint_url=endpoint_url, stdout=out)
    return out.getvalue()


def wrong(endpoint_url: str = "") -> str:
    out = io.StringIO()
    with pytest.raises(CommandError, match="see above"):
        call_command("ws_doctor", endpoint_url=endpoint_url, stdout=out)
    return "\n".join(line for line in out.getvalue().splitlines() if "WRONG" in line)


@pytest.mark.django_db
def test_all_is_well(sound: None) -> None:
    text = run()

    assert "WRONG" not in text
    assert "api1 is in sync" in text
    assert "accepts requests with the secret and refuses those without" in text
    assert "Sending events is permitted" in text
    assert "note  cookies: Browsers send no cookies" in text


def test_settings(configure: Any) -> None:
    configure(ENDPOINT="")
    assert "ENDPOINT is missing" in wrong()


@pytest.mark.django_db
def test_not_published(
    plane: MemoryControlPlane, configure: Any, live_server: LiveServer
) -> None:
    configure(ENDPOINT=f"{live_server.url}/ws/")
    assert "There is no API yet: run ws_sync" in wrong()


@pytest.mark.django_db
def test_the_gateway_s_own_sockets_are_asked(sound: None, settings: Any) -> None:
    entry = {**settings.WSROUTER["default"], "API_NAME": "other"}
    settings.WSROUTER = {"shop": entry}
    call_command("ws_sync", "--gateway", "shop", "--no-input", stdout=io.StringIO())
    call_command("ws_doctor", "--gateway", "shop", stdout=io.StringIO())

    alias, connection_id = Sockets.asked
    assert alias == "shop"
    assert re.fullmatch(r"[A-Za-z0-9_-]{15}=", connection_id)


@pytest.mark.django_db
def test_behind_a_vpc_link(sound: None, configure: Any) -> None:
    configure(VPC_LINK="link12", ENDPOINT="http://127.0.0.1:9/ws/")
    call_command("ws_sync", "--no-input", "--allow-dangerous", stdout=io.StringIO())

    assert "note  endpoint: Not examined: ENDPOINT is behind VPC_LINK" in run()


@pytest.mark.django_db
def test_a_function(plane: MemoryControlPlane, configure: Any) -> None:
    function = "arn:aws:lambda:eu-west-1:123456789012:function:shop"
    plane.functions.policies[function] = []
    configure(LAMBDA=function, SECRET="", ENDPOINT="")
    call_command("ws_sync", "--no-input", stdout=io.StringIO())
    text = wrong()
    assert "function: API_ID is missing" in text
    assert "set WSROUTER_API_ID here as well" in text

    configure(API_ID="api1")
    text = run()
    assert "function: It accepts events of the API api1" in text
    assert "secret" not in text
    assert "endpoint" not in text
    plane.forbid(function, "api1")
    assert "1 change is not published" in wrong()


@pytest.mark.django_db
def test_no_credentials(
    configure: Any, live_server: LiveServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("AWS_EC2_METADATA_DISABLED", "true")
    configure(ENDPOINT=f"{live_server.url}/ws/")

    assert "control plane: GetApis failed" in (text := wrong())
    assert "Set up AWS credentials" in text


@pytest.mark.django_db
def test_drift(sound: None, configure: Any) -> None:
    configure(TIMEOUT=5)
    assert "2 changes are not published" in wrong()


@pytest.mark.django_db
def test_a_host_that_is_not_allowed(sound: None, settings: Any) -> None:
    settings.ALLOWED_HOSTS = ["elsewhere.example.com"]
    assert "ALLOWED_HOSTS" in wrong()


@pytest.mark.django_db
def test_another_path(sound: None, configure: Any, live_server: LiveServer) -> None:
    configure(ENDPOINT=f"{live_server.url}/elsewhere/")
    assert "not found (404)" in wrong()


@pytest.mark.django_db
def test_another_secret(
    sound: None, configure: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    others = cache(lambda alias: ("x" * 40,))
    monkeypatch.setattr(incoming, "accepted_secrets", others)
    assert "refuses the secret" in wrong()


@pytest.mark.django_db
def test_a_weak_secret(sound: None, configure: Any) -> None:
    configure(SECRET="weak")
    assert "SECRET is weak" in wrong()


def test_nobody_listens(plane: MemoryControlPlane, configure: Any) -> None:
    configure(ENDPOINT="http://127.0.0.1:9/ws/")
    assert "cannot be reached" in wrong()


@pytest.mark.django_db
def test_sending_is_not_permitted(sound: None, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Sockets, "error", DeliveryFailed("AWS says 403."))
    assert "execute-api:ManageConnections" in wrong()


@pytest.mark.django_db
def test_the_sockets_of_an_emulator_are_not_looked_for(
    sound: None, configure: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(Sockets, "error", DeliveryFailed("No credentials."))
    assert "note  @connections: Not examined" in run("http://127.0.0.1:4566")
    assert Sockets.asked == []
    configure(MANAGEMENT_ENDPOINT="http://127.0.0.1:8001/production")
    assert "No credentials" in wrong("http://127.0.0.1:4566")


@pytest.mark.django_db
def test_only_the_domain_leads_there(
    sound: None, configure: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    only = {
        "NAME": "ws.example.com",
        "CERTIFICATE": CERTIFICATE,
        "DISABLE_EXECUTE_API_ENDPOINT": True,
    }
    configure(DOMAIN=only)
    call_command("ws_sync", "--no-input", "--allow-dangerous", stdout=io.StringIO())
    monkeypatch.setattr(Sockets, "error", DeliveryFailed("Name not known."))
    assert "posts go to ws.example.com: its DNS must lead" in wrong()
    configure(DOMAIN={**only, "DISABLE_EXECUTE_API_ENDPOINT": False})
    assert "DNS" not in wrong()


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("cookie_domain", "words"),
    [
        (".example.com", "reaches ws.example.com"),
        (None, 'SESSION_COOKIE_DOMAIN = ".exa'),
    ],
)
def test_cookies(
    sound: None, configure: Any, settings: Any, cookie_domain: Any, words: str
) -> None:
    domain = {
        "NAME": "ws.example.com",
        "CERTIFICATE": CERTIFICATE,
    }
    configure(DOMAIN=domain)
    call_command("ws_sync", "--no-input", stdout=io.StringIO())
    settings.SESSION_COOKIE_DOMAIN = cookie_domain
    assert words in run()


class Elsewhere(BaseHTTPRequestHandler):
    """Answers everything with what the test asks for."""

    status, headers_out = 302, {"Location": "https://www.example.com/ws/"}

    def do_GET(self) -> None:
        self.send_response(self.status)
        for name, value in self.headers_out.items():
            self.send_header(name, value)
        self.end_headers()

    def log_message(self, *_: Any) -> None:
        pass


@pytest.fixture
def elsewhere(configure: Any) -> Iterator[None]:
    server = HTTPServer(("127.0.0.1", 0), Elsewhere)
    thread = Thread(target=server.serve_forever)
    thread.start()
    configure(ENDPOINT=f"http://127.0.0.1:{server.server_port}/ws/")
    yield
    server.shutdown()
    thread.join()
    server.server_close()


def test_a_redirect(plane: MemoryControlPlane, elsewhere: None) -> None:
    assert "redirects to https://www.example.com/ws/" in wrong()


@pytest.mark.parametrize(
    ("status", "words"),
    [
        (405, "405 instead of 403 without the secret"),
        (200, "not the endpoint of wsrouter"),
    ],
)
def test_somebody_else_answers(
    plane: MemoryControlPlane,
    elsewhere: None,
    monkeypatch: pytest.MonkeyPatch,
    status: int,
    words: str,
) -> None:
    monkeypatch.setattr(Elsewhere, "status", status)
    assert words in wrong()
