"""Mapped headers that a client sends itself at `$connect`, through the local gateway,
whatever API Gateway makes of them."""

import json
from collections.abc import Iterator
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.test import Client, override_settings
from websockets.exceptions import InvalidStatus
from websockets.sync.client import ClientConnection

from tests.local.running import Running, running
from tests.security.served import SETTINGS, Ended
from wsrouter import assembly
from wsrouter.local.behaviour import Behaviour
from wsrouter.models import OpenConnection
from wsrouter.wire import mapping

pytestmark = pytest.mark.django_db(transaction=True)
RULES = ["overridden", "wins", "joined"]
PREFIX = mapping.PREFIX
VICTIM = "the victim's connection id"
OTHER = {"SECRET": "y" * 32, "ROUTER": SETTINGS["ROUTER"]}

SMUGGLED = [
    {mapping.SECRET: "guess"},
    {mapping.GATEWAY: "other"},
    {f"{PREFIX}Event-Type": "DISCONNECT", f"{PREFIX}Connection-Id": VICTIM},
    {
        f"{PREFIX}Event-Type": "MESSAGE",
        f"{PREFIX}Connection-Id": VICTIM,
        f"{PREFIX}Route-Key": "who",
    },
    {f"{PREFIX}Connection-Id": VICTIM},
    {f"{PREFIX}Connection-Id": "Chosen_id-00001="},
    {f"{PREFIX}Principal-Id": "ada"},
    {f"{PREFIX}Route-Key": "who"},
    {f"{PREFIX}Connected-At": "1"},
    {f"{PREFIX}Message-Id": "x"},
    {f"{PREFIX}Request-Id": "x"},
    {f"{PREFIX}Api-Id": "x"},
    {f"{PREFIX}Stage": "x"},
    {f"{PREFIX}Domain-Name": "x"},
    {f"{PREFIX}Source-Ip": "192.0.2.1"},
    {f"{PREFIX}User-Agent": "x"},
    {f"{PREFIX}Disconnect-Code": "1000"},
    {f"{PREFIX}Disconnect-Reason": "x"},
]


@pytest.fixture(params=RULES)
def gateway(request: Any, live_server: Any) -> Iterator[Running]:
    """The local gateway in front of a real server, with each rule for such headers."""
    configured = {"default": SETTINGS, "other": OTHER}
    with override_settings(WSROUTER=configured):
        served = assembly.local_snapshot()
        behaviour = Behaviour(client_header=request.param)
        uri = f"{live_server.url}/ws/"
        with running(served, uri, behaviour=behaviour) as started:
            yield started


def ask(client: ClientConnection, action: str) -> Any:
    client.send(json.dumps({"action": action, "id": "1"}))
    frame = json.loads(client.recv(timeout=10))
    return frame.get("payload") or frame.get("error", frame).get("code")


def test_every_mapped_header_is_tried() -> None:
    tried = {name for headers in SMUGGLED for name in headers}
    mapped = mapping.request_parameters(alias="default", secret="x" * 32)
    assert tried == {target.removeprefix(mapping.TARGET) for target in mapped}


@pytest.mark.parametrize("smuggled", SMUGGLED, ids=lambda each: "+".join(each))
def test_smuggled_headers_make_nobody_somebody(
    smuggled: dict[str, str], gateway: Running, user: User, ended: list[Ended]
) -> None:
    browser = Client()
    browser.force_login(user)
    cookie = {"Cookie": f"sessionid={browser.cookies['sessionid'].value}"}
    with gateway.connect(additional_headers=cookie) as victim:
        assert ask(victim, "who") == "ada"
        row = OpenConnection.objects.get()
        headers = {
            name: row.connection_id if value is VICTIM else value
            for name, value in smuggled.items()
        }
        assert attacked(gateway, headers) in {"AnonymousUser", "refused", "unknown"}
        assert ask(victim, "who") == "ada"
        assert OpenConnection.objects.get(pk=row.pk).user == user
        assert row.connection_id not in {each.id for each in ended}


def attacked(gateway: Running, headers: dict[str, str]) -> str:
    """Who the attacker is in the end."""
    try:
        with gateway.connect(additional_headers=headers) as attacker:
            said = ask(attacker, "who")
    except InvalidStatus as refusal:
        status = refusal.response.status_code
        return "refused" if status in {400, 403} else str(status)
    return "unknown" if said == "connection_unknown" else str(said)
