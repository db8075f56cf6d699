"""What ws_sync says is left to do by hand."""

from typing import Any

from tests.simulated_aws.control_plane import MemoryControlPlane
from tests.sync.commands import run
from tests.sync.test_options import CERTIFICATE, FUNCTION


def test_a_first_publication_says_what_is_left_to_do(
    plane: MemoryControlPlane, settings: Any
) -> None:
    out = run("--no-input")[0]
    assert "execute-api:ManageConnections" in out
    assert "arn:aws:execute-api:eu-west-1:*:api1/production/*/@connections/*" in out
    assert "send no cookies to this host" in out
    assert "ManageConnections" not in run("--no-input")[0]


def test_a_first_publication_to_a_domain(
    plane: MemoryControlPlane, settings: Any
) -> None:
    domain = {
        "NAME": "ws.example.com",
        "CERTIFICATE": CERTIFICATE,
    }
    settings.WSROUTER = {"default": {**settings.WSROUTER["default"], "DOMAIN": domain}}
    out = run("--no-input")[0]

    assert "Point the DNS name ws.example.com (CNAME) to d-" in out
    assert "CNAME" not in run("--no-input")[0]
    assert out.splitlines()[-1] == "Clients connect to wss://ws.example.com"


def test_a_later_domain_and_authorizer_say_what_is_left_to_do(
    plane: MemoryControlPlane, settings: Any
) -> None:
    run("--no-input")
    more = {
        "DOMAIN": {"NAME": "ws.example.com", "CERTIFICATE": CERTIFICATE},
        "AUTHORIZER": {"FUNCTION": FUNCTION},
    }
    settings.WSROUTER = {"default": {**settings.WSROUTER["default"], **more}}
    out = run("--no-input")[0]

    assert "Point the DNS name ws.example.com (CNAME) to d-" in out
    assert "lambda add-permission" in out
    assert "ManageConnections" not in out


def test_a_first_publication_into_an_existing_api(
    plane: MemoryControlPlane, settings: Any
) -> None:
    made = plane.server.create_api(
        Name="by hand",
        ProtocolType="WEBSOCKET",
        RouteSelectionExpression="$request.body.action",
    )
    entry = {**settings.WSROUTER["default"], "API_NAME": "", "API_ID": made["ApiId"]}
    settings.WSROUTER = {"default": entry}

    assert "ManageConnections" in run("--no-input")[0]
    assert "ManageConnections" not in run("--no-input")[0]
