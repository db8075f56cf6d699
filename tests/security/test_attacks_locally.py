"""What an attacker may try on real sockets: through the local gateway and past it."""

import json
import logging
import random
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from threading import Barrier
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.test import Client
from websockets.exceptions import ConnectionClosed
from websockets.sync.client import ClientConnection

from tests.local.recording_backend import wait_until
from tests.security import endings
from tests.security.served import Ended, handshakes
from tests.security.site import PATIENCE, Site, ask, cookie, serving
from wsrouter import tickets
from wsrouter.local.rules.behaviour import Behaviour
from wsrouter.models import OpenConnection
from wsrouter.wire import mapping

pytestmark = [pytest.mark.database, pytest.mark.django_db(transaction=True)]
ID = f"{mapping.PREFIX}Connection-Id"
ENDINGS = [
    endings.logout,
    endings.password,
    endings.deactivation,
    endings.deletion,
    endings.one_call,
    endings.update_and_end_stale,
]
FORGED = [{"secret": ""}, {"secret": "x" * 32}, {"alias": "other"}, {"alias": "?"}]


@pytest.fixture(params=[False, True], ids=["view", "fast path"])
def site(request: Any, shared_database: None) -> Iterator[Site]:
    with serving(front=request.param) as started:
        yield started


@pytest.fixture
def lenient(shared_database: None) -> Iterator[Site]:
    """Should API Gateway let a client's header win over a mapped one."""
    with serving(behaviour=Behaviour(client_header="wins")) as started:
        yield started


class Victim:
    """A user's open socket, whose connection id the attacker has learnt."""

    def __init__(self, socket: ClientConnection) -> None:
        self.socket = socket
        assert ask(socket, "who") == "ada"
        self.row = OpenConnection.objects.values().get()
        self.id = self.row["connection_id"]

    def check_unharmed(self, ended: list[Ended]) -> None:
        assert OpenConnection.objects.values().get(connection_id=self.id) == self.row
        assert self.id not in {each.id for each in ended}
        assert ask(self.socket, "who") == "ada"


@pytest.fixture
def victim(site: Site, user: User, ended: list[Ended]) -> Iterator[Victim]:
    with site.open(user) as socket:
        victim = Victim(socket)
        yield victim
        victim.check_unharmed(ended)


@pytest.fixture
def exposed(lenient: Site, user: User, ended: list[Ended]) -> Iterator[Victim]:
    with lenient.open(user) as socket:
        victim = Victim(socket)
        yield victim
        victim.check_unharmed(ended)


def test_a_forged_event(site: Site, victim: Victim, user: User) -> None:
    """With the victim's own cookie and id it is still nobody's."""
    for event in ("CONNECT", "MESSAGE", "DISCONNECT"):
        for forged in FORGED:
            assert site.post(event, victim.id, user=user, **forged) == (403, b"")


def test_a_replayed_ticket(site: Site, victim: Victim, other: User) -> None:
    query = f"?ticket={tickets.issue(other)['ticket']}"
    with site.open(query=query) as first:
        assert ask(first, "who") == "bob"
        assert site.attempt(query=query) == "401"
    assert site.attempt(query=query) == "401"


def test_a_ticket_is_raced_for(site: Site, victim: Victim, other: User) -> None:
    query = f"?ticket={tickets.issue(other)['ticket']}"
    together = Barrier(8)

    def attempt(number: int) -> str:
        together.wait(PATIENCE)
        return site.attempt(query=query)

    with ThreadPoolExecutor(8) as pool:
        assert sorted(pool.map(attempt, range(8))) == ["401"] * 7 + ["bob"]


def test_a_ticket_for_another_gateway(site: Site, victim: Victim, other: User) -> None:
    query = f"?ticket={tickets.issue(other, gateway='other')['ticket']}"
    assert site.attempt(query=query) == "401"


@pytest.mark.parametrize("origin", ["https://evil.example", "null", "http://127.0.0.1"])
def test_a_page_of_another_site(
    origin: str, site: Site, victim: Victim, user: User
) -> None:
    """The visitor's own cookies are of no use to it."""
    before = len(handshakes)
    assert site.attempt(user, sent={"Origin": origin}) == "403"
    assert len(handshakes) == before


def test_a_replayed_handshake(site: Site, victim: Victim, user: User) -> None:
    """The request as API Gateway sent it, when it comes again."""
    for _ in range(2):
        assert site.post("CONNECT", victim.id, user=user)[0] == 200
    assert OpenConnection.objects.count() == 1


def test_a_replayed_handshake_of_somebody_else(
    site: Site, victim: Victim, other: User
) -> None:
    assert site.post("CONNECT", victim.id, user=other)[0] == 403
    assert site.post("CONNECT", victim.id)[0] == 403


def test_another_gateways_events(site: Site, victim: Victim, user: User) -> None:
    proof = {"alias": "other", "secret": "y" * 32}
    assert site.post("CONNECT", victim.id, user=user, **proof)[0] == 403
    status, body = site.post("MESSAGE", victim.id, **proof)
    assert (status, json.loads(body)["error"]["code"]) == (200, "connection_unknown")
    assert site.post("DISCONNECT", victim.id, **proof)[0] == 200


def test_another_identity_on_a_live_connection_id(
    lenient: Site, exposed: Victim, other: User
) -> None:
    query = f"?ticket={tickets.issue(other)['ticket']}"
    assert lenient.attempt(other, sent={ID: exposed.id}) == "403"
    assert lenient.attempt(query=query, sent={ID: exposed.id}) == "403"
    assert lenient.attempt(sent={ID: exposed.id}) == "403"


def test_an_id_that_differs_in_case(
    lenient: Site, exposed: Victim, other: User
) -> None:
    twin = exposed.id.swapcase()
    with lenient.open(other, sent={ID: twin}):
        assert OpenConnection.objects.get(connection_id=twin).user == other
        _, body = lenient.post("MESSAGE", twin)
        assert json.loads(body)["payload"] == "bob"


@pytest.mark.parametrize("way", ENDINGS)
def test_a_session_that_ends_takes_its_socket_with_it(
    way: endings.Way,
    site: Site,
    browser: Client,
    user: User,
    other: User,
    ended: list[Ended],
) -> None:
    """By DeleteConnection, through the network; a late message finds nobody."""
    jar = {"Cookie": f"sessionid={browser.cookies['sessionid'].value}"}
    with site.open(sent=jar) as socket, site.open(other) as bystander:
        assert ask(socket, "login") == "in"
        connection_id = OpenConnection.objects.get(user=user).connection_id
        way(browser, user)
        with pytest.raises(ConnectionClosed):
            socket.recv(timeout=PATIENCE)
        wait_until(lambda: len(ended) == 1, PATIENCE)
        assert (ended[0].id, ended[0].cause) == (connection_id, "ended")
        _, body = site.post("MESSAGE", connection_id)
        assert json.loads(body)["error"]["code"] == "connection_unknown"
        assert ask(bystander, "who") == "bob"


def test_sockets_that_talk_while_they_close(
    site: Site, user: User, ended: list[Ended]
) -> None:
    """Each end is told once, whatever message overtakes it; no row stays."""
    jar = {"Cookie": cookie(user)}

    def talk(number: int) -> None:
        with site.open(sent=jar) as socket:
            for _ in range(5):
                socket.send('{"action": "who", "id": "1"}')

    with ThreadPoolExecutor(4) as pool:
        list(pool.map(talk, range(12)))
    wait_until(lambda: len(ended) == 12, PATIENCE)
    wait_until(lambda: not OpenConnection.objects.exists(), PATIENCE)
    assert len({each.id for each in ended}) == 12


def test_frames_at_random(
    site: Site, victim: Victim, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.ERROR)
    frames = list(texts(random.Random(5)))
    with site.open() as attacker:
        for text in frames:
            attacker.send(text)
        answers = [json.loads(attacker.recv(timeout=PATIENCE)) for _ in frames]
    assert {each.get("type") for each in answers} <= {"reply", "error"}
    assert "internal_error" not in str(answers)
    assert "ada" not in str(answers)
    assert not [each for each in caplog.records if each.exc_info]


def texts(generator: random.Random) -> Iterator[str]:
    """A sound message with some characters changed, doubled or taken away; the ones
    that get an answer for sure."""
    change: list[Callable[[str, int], str]] = [
        lambda text, at: text[:at] + text[at + 1 :],
        lambda text, at: text[:at] + generator.choice('{}[]",:0é\\u') + text[at + 1 :],
        lambda text, at: text[:at] + text[at:] * 2,
    ]
    for _ in range(300):
        text = '{"action": "who", "id": "1", "payload": {"a": [1, null]}}'
        for _ in range(generator.randrange(1, 4)):
            text = generator.choice(change)(text, generator.randrange(len(text) or 1))
        yield text
