"""What an attacker may try, through the real endpoint: each attempt, and its answer."""

from collections.abc import Callable, Iterator
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.db import connection as database
from django.test import override_settings
from django.test.utils import CaptureQueriesContext

from tests.django import events
from tests.django.entry_points import FastWsgi
from tests.django.events import SECRET, Gateway
from tests.security.hostile import connections_kept
from tests.security.served import SETTINGS, Ended
from wsrouter import tickets
from wsrouter.models import Membership, OpenConnection

pytestmark = [pytest.mark.database, pytest.mark.django_db]
OTHER = {"SECRET": "y" * 32, "ROUTER": SETTINGS["ROUTER"]}
UNPROVEN = [
    {"secret": ""},
    {"secret": "x" * 32},
    {"secret": SECRET[:-1]},
    {"secret": SECRET.upper()},
    {"secret": f"{SECRET}, {SECRET}"},
    {"secret": f"x, {SECRET}"},
    {"secret": f"{SECRET},"},
    {"alias": "other"},
    {"alias": "default, other"},
    {"alias": "nobody"},
    {"alias": "", "secret": "y" * 32},
]


@pytest.fixture(autouse=True)
def _served() -> Iterator[None]:
    with override_settings(WSROUTER={"default": SETTINGS, "other": OTHER}):
        yield


@pytest.fixture(params=["view", "fast path"], autouse=True)
def _door(request: Any, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    if request.param == "fast path":
        monkeypatch.setattr(events, "Client", FastWsgi)
    with connections_kept():
        yield


@pytest.fixture
def victim(user: User) -> Gateway:
    """A user's open connection, whose id the attacker has learnt."""
    gateway = Gateway("Victim_id-00001=")
    assert gateway.connect(user).status_code == 200
    return gateway


@pytest.fixture(autouse=True)
def _unharmed(victim: Gateway, ended: list[Ended]) -> Iterator[None]:
    """Whatever is tried, the victim's connection is what it was."""
    before = list(OpenConnection.objects.filter(connection_id=victim.id).values())
    yield
    after = list(OpenConnection.objects.filter(connection_id=victim.id).values())
    assert after == before
    assert Membership.objects.filter(connection_id=victim.id).count() == 1
    assert [each for each in ended if each.id == victim.id] == []
    assert victim.send("who")["payload"] == "ada"


@pytest.mark.parametrize("forged", UNPROVEN)
@pytest.mark.parametrize("event", ["CONNECT", "MESSAGE", "DISCONNECT"])
def test_a_forged_event(event: str, forged: Any, victim: Gateway, user: User) -> None:
    """With the victim's own cookie and id it is still nobody's."""
    stranger = Gateway().http
    stranger.force_login(user)
    gateway = Gateway(victim.id, http=stranger, **forged)
    with CaptureQueriesContext(database) as queries:
        response = gateway.post(event, "who", b'{"action": "who", "id": "1"}')
    assert (response.status_code, response.content) == (403, b"")
    assert len(queries) == 0


@pytest.mark.parametrize(
    "mapped",
    [
        {"connection_id": "Victim_id-00001=, Victim_id-00001="},
        {"connection_id": "x, Victim_id-00001="},
        {"eventType": "MESSAGE, DISCONNECT"},
        {"routeKey": "open, who"},
        {"stage": "a, b"},
        {"sourceIp": "192.0.2.1, 192.0.2.2"},
        {"apiId": "a, b"},
        {"requestId": "a, b"},
        {"connectedAt": "1, 2"},
        {"domainName": "a, b"},
    ],
)
def test_a_header_sent_twice(mapped: Any, victim: Gateway) -> None:
    mapped = {"connection_id": victim.id} | mapped
    for event in ("CONNECT", "MESSAGE", "DISCONNECT"):
        response = Gateway().post(event, "who", b"{}", **{"eventType": event} | mapped)
        assert (response.status_code, response.content) == (400, b"")


@pytest.mark.parametrize("event", ["MESSAGE", "DISCONNECT"])
def test_a_handshake_that_calls_itself_something_else(
    event: str, victim: Gateway
) -> None:
    """Should a client's own Event-Type ever get through, its handshake betrays it."""
    handshake = {"Sec-WebSocket-Key": "dGhlIHNhbXBsZSBub25jZQ=="}
    response = Gateway(victim.id).post(event, "who", b"", client=handshake)
    assert (response.status_code, response.content) == (400, b"")


@pytest.mark.parametrize(
    "attack",
    [
        pytest.param(lambda id, eve: Gateway(id).connect(eve), id="another user"),
        pytest.param(lambda id, eve: Gateway(id).connect(), id="nobody"),
        pytest.param(
            lambda id, eve: Gateway(id).connect(
                query=f"?ticket={tickets.issue(eve)['ticket']}"
            ),
            id="another user's ticket",
        ),
        pytest.param(
            lambda id, eve: Gateway(id, alias="other", secret="y" * 32).connect(eve),
            id="another gateway",
        ),
        pytest.param(
            lambda id, eve: Gateway(id, alias="other", secret="y" * 32).connect(
                User.objects.get(username="ada")
            ),
            id="the same user through another gateway",
        ),
    ],
)
def test_somebody_else_on_a_live_connection(
    attack: Callable[..., Any], victim: Gateway, other: User
) -> None:
    assert attack(victim.id, other).status_code == 403


def test_a_replayed_handshake_changes_nothing(victim: Gateway, user: User) -> None:
    for _ in range(3):
        assert victim.connect(user).status_code == 200
    assert OpenConnection.objects.count() == 1


def test_a_replayed_ticket(user: User) -> None:
    query = f"?ticket={tickets.issue(user)['ticket']}"
    assert Gateway().connect(query=query).status_code == 200
    assert [Gateway().connect(query=query).status_code for _ in range(3)] == [401] * 3


def test_a_ticket_for_another_gateway(user: User) -> None:
    query = f"?ticket={tickets.issue(user, gateway='other')['ticket']}"
    assert Gateway().connect(query=query).status_code == 401


@pytest.mark.parametrize(
    "twin", ["victim_id-00001=", "VICTIM_ID-00001=", "Victim_id-00001"]
)
def test_an_id_that_differs_a_little(twin: str, victim: Gateway, other: User) -> None:
    attacker = Gateway(twin)
    assert attacker.send("who")["error"]["code"] == "connection_unknown"
    assert attacker.connect(other).status_code == 200
    assert attacker.send("who")["payload"] == "bob"
    assert attacker.disconnect().status_code == 200


def test_another_gateways_messages_and_ends_reach_nothing_here(
    victim: Gateway,
) -> None:
    attacker = Gateway(victim.id, alias="other", secret="y" * 32)
    assert attacker.send("who")["error"]["code"] == "connection_unknown"
    assert attacker.disconnect().status_code == 200


@pytest.mark.parametrize("action", ["$connect", "$disconnect", "$default", "closed"])
def test_what_was_not_registered_cannot_be_called(action: str, victim: Gateway) -> None:
    assert victim.send(action)["error"]["code"] == "unknown_route"
    body = f'{{"action": "{action}"}}'.encode()
    for key in ("$connect", "$disconnect", "__class__"):
        assert victim.text(key, body).status_code == 200


@pytest.mark.parametrize(
    "body",
    [
        b"[" * 100_000,
        b'{"a":' * 20_000 + b"1" + b"}" * 20_000,
        b'{"action": "who", "id": ' + b"[" * 65 + b"]" * 65 + b"}",
        b'{"action": "who", "id": ' + b"9" * 100_000 + b"}",
        b'{"action": "who"' + b" " * 131_072 + b"}",
        b"\xff" * 100,
    ],
)
def test_a_body_made_to_hurt(body: bytes, victim: Gateway) -> None:
    with CaptureQueriesContext(database) as queries:
        response = victim.text("open", body)
    assert response.status_code == 200
    assert b'"code":"malformed_frame"' in response.content
    assert len(queries) == 0


def test_nothing_inside_is_told(victim: Gateway) -> None:
    for frame in (victim.send("nope"), victim.send("who", 7, id=["x"])):
        said = str(frame)
        for inner in ("Traceback", "wsrouter/", "ALLOWED_HOSTS", SECRET, "pydantic"):
            assert inner not in said
