"""From which pages a browser may open a socket."""

from typing import Any

import pytest
from django.test import override_settings

from tests.django.events import SECRET, Gateway
from tests.security.served import SETTINGS, handshakes

CERTIFICATE = "arn:aws:acm:eu-west-1:123456789012:certificate/a"
DOMAIN = {"NAME": "ws.example.net", "CERTIFICATE": CERTIFICATE}
REFUSED, ALLOWED = 403, 200


def status(origin: str | None, *, debug: bool = False, **entry: Any) -> int:
    hosts = entry.pop("hosts", ["www.example.com", ".shop.example", "*"])
    trusted = entry.pop("trusted", [])
    with override_settings(
        WSROUTER={"default": SETTINGS | entry},
        ALLOWED_HOSTS=[*hosts, "testserver"],
        CSRF_TRUSTED_ORIGINS=trusted,
        DEBUG=debug,
    ):
        client = {} if origin is None else {"Origin": origin}
        return Gateway().connect(client=client).status_code


@pytest.mark.django_db
@pytest.mark.parametrize(
    "origin",
    [
        None,
        "",
        "https://www.example.com",
        "HTTPS://WWW.Example.com:443",
        "https://shop.example",
        "https://a.b.shop.example",
        "https://ws.example.net",
        "https://other.example.org:8443",
        "https://sub.example.org",
    ],
)
def test_djangos_own_settings_say_who_may(origin: str | None) -> None:
    trusted = ["https://other.example.org:8443", "https://*.example.org"]
    assert status(origin, trusted=trusted, DOMAIN=DOMAIN) == ALLOWED


@pytest.mark.parametrize(
    "origin",
    [
        "https://evil.example",
        "https://www.example.com.evil.example",
        "https://evil-www.example.com",
        "https://evilshop.example",
        "https://sub.www.example.com",
        "http://www.example.com",
        "https://www.example.com:8443",
        "wss://www.example.com",
        "https://www.example.com/",
        "https://www.example.com@evil.example",
        "https://user@www.example.com",
        "https://www.example.com,https://evil.example",
        "https://www.example.com https://evil.example",
        "https://*.shop.example",
        "https://wwwxexample.com",
        "https://.shop.example.",
        "www.example.com",
        "file://",
        "null",
        "*",
        "https://",
        "https://[::1",
        "https://www.exaⅿple.com".encode().decode("latin-1"),
    ],
)
def test_everybody_else_is_refused_before_anything_happens(origin: str) -> None:
    """There is no database for this test, and no handler has run."""
    before = len(handshakes)
    assert status(origin) == REFUSED
    assert len(handshakes) == before


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("origin", "answer"),
    [
        ("http://www.example.com:8000", ALLOWED),
        ("http://shop.example", ALLOWED),
        ("wss://www.example.com", REFUSED),
        ("http://evil.example:8000", REFUSED),
    ],
)
def test_in_debug_scheme_and_port_do_not_matter(origin: str, answer: int) -> None:
    assert status(origin, debug=True) == answer


@pytest.mark.django_db
@pytest.mark.parametrize(
    "origin", ["http://localhost:8000", "http://127.0.0.1", "http://[::1]:5173"]
)
def test_in_debug_without_hosts_this_machine_may(origin: str, settings: Any) -> None:
    settings.DEBUG, settings.ALLOWED_HOSTS = True, []
    settings.WSROUTER = {"default": SETTINGS}
    response = Gateway().connect(client={"Origin": origin, "Host": "localhost"})
    assert response.status_code == ALLOWED


@pytest.mark.django_db
def test_allowed_origins_replaces_what_django_says() -> None:
    listed = [
        "https://app.example.org",
        "https://*.example.net",
        "capacitor://localhost",
    ]
    for origin in (
        "https://app.example.org",
        "https://a.example.net",
        "capacitor://localhost",
    ):
        assert status(origin, ALLOWED_ORIGINS=listed) == ALLOWED
    for origin in (
        "https://www.example.com",
        "https://example.net",
        "http://localhost",
    ):
        assert status(origin, ALLOWED_ORIGINS=listed) == REFUSED
    assert status("https://www.example.com", ALLOWED_ORIGINS=[]) == REFUSED
    assert status("https://evil.example", ALLOWED_ORIGINS=["*"]) == ALLOWED


EXECUTE_API = "abc123defg.execute-api.eu-west-1.amazonaws.com"


@pytest.mark.django_db
@pytest.mark.parametrize("listed", [None, ["https://app.example.org"]])
@pytest.mark.parametrize(
    ("origin", "domain", "answer"),
    [
        (f"https://{EXECUTE_API}", EXECUTE_API, ALLOWED),
        (f"https://{EXECUTE_API}:443", EXECUTE_API.upper(), ALLOWED),
        (f"http://{EXECUTE_API}", EXECUTE_API, ALLOWED),
        ("https://chat.example.net", "chat.example.net", ALLOWED),
        ("http://chat.example.net", "chat.example.net", REFUSED),
        ("https://chat.example.net:8443", "chat.example.net", REFUSED),
        (f"http://{EXECUTE_API}:8080", EXECUTE_API, REFUSED),
        (f"ftp://{EXECUTE_API}", EXECUTE_API, REFUSED),
        (f"https://x{EXECUTE_API}", EXECUTE_API, REFUSED),
        (f"https://x.{EXECUTE_API}", f".{EXECUTE_API}", REFUSED),
        ("https://evil.example", EXECUTE_API, REFUSED),
        ("https://evil.example", "", REFUSED),
        ("https://evil.example", "*", REFUSED),
    ],
)
def test_the_socket_s_own_host_is_allowed(
    origin: str, domain: str, answer: int, listed: list[str] | None
) -> None:
    """React Native sends it, and so do older versions of websocket-client and Tyrus,
    over http for a wss address."""
    entry = SETTINGS if listed is None else SETTINGS | {"ALLOWED_ORIGINS": listed}
    with override_settings(WSROUTER={"default": entry}, ALLOWED_HOSTS=["testserver"]):
        gateway = Gateway(domainName=domain)
        assert gateway.connect(client={"Origin": origin}).status_code == answer


@pytest.mark.django_db
def test_in_debug_the_own_host_may_have_any_port() -> None:
    with override_settings(
        WSROUTER={"default": SETTINGS}, ALLOWED_HOSTS=["testserver"], DEBUG=True
    ):
        gateway = Gateway(domainName="10.0.0.7:8001")
        for origin, answer in (
            ("http://10.0.0.7:8001", ALLOWED),
            ("http://10.0.0.8:8001", REFUSED),
        ):
            assert gateway.connect(client={"Origin": origin}).status_code == answer


@pytest.mark.django_db
def test_only_handshakes_are_asked() -> None:
    """An Origin elsewhere says nothing: no client header reaches a message."""
    with override_settings(WSROUTER={"default": SETTINGS}):
        gateway = Gateway()
        assert gateway.connect().status_code == ALLOWED
        response = gateway.text("open", client={"Origin": "https://evil.example"})
        assert response.status_code == ALLOWED


def test_the_log_says_which_origin(caplog: pytest.LogCaptureFixture) -> None:
    status("https://evil.example")
    (record,) = [each for each in caplog.records if each.name == "wsrouter.security"]
    assert "'https://evil.example'" in record.getMessage()
    assert SECRET not in caplog.text
