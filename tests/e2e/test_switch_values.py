"""The real endpoint behind real sockets, with every value of every switch."""

import json
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import pytest
from websockets.exceptions import ConnectionClosed, InvalidStatus
from websockets.sync.client import ClientConnection

from tests.e2e.ws_local_stack import Stack, eventually, listens
from tests.local import running_gateway as local
from wsrouter.local.process.api_description import parse
from wsrouter.local.rules.behaviour import Behaviour
from wsrouter.local.rules.switches import SWITCHES, behaviour

VALUES = [
    f"{switch.name}={value}"
    for switch in SWITCHES.values()
    for value in switch.choices or dict.fromkeys((switch.default, switch.strict))
]


@dataclass(kw_only=True)
class Room:
    """Django in a process of its own, and a gateway that posts to it."""

    stack: Stack
    gateway: local.RunningGateway
    cookies: dict[str, str]

    def connect(self, name: str, **options: Any) -> ClientConnection:
        headers = {"Cookie": self.cookie(name)}
        return self.gateway.connect(additional_headers=headers, **options)

    def cookie(self, name: str) -> str:
        if name not in self.cookies:
            self.cookies[name] = self.stack.get(f"/enter/{name}/")["cookie"]
        return self.cookies[name]

    def rows(self) -> list[str]:
        ids: list[str] = self.stack.get("/open/")["ids"]
        return ids


@pytest.fixture(scope="module")
def room(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Room]:
    stack = Stack(tmp_path_factory.mktemp("positions") / "room.sqlite3")
    stack.migrate()
    described = stack.manage(
        "ws_local", "--describe", "--django-port", str(stack.django_port)
    )
    served = parse(described.stdout.splitlines()[-1]).snapshot
    stack.variables["WSROUTER_MANAGEMENT_ENDPOINT"] = stack.management_endpoint
    django = stack.start("runserver", "--noreload", str(stack.django_port))
    try:
        eventually(lambda: listens(stack.django_port))
        uri = served.integration.uri
        with local.running(served, uri, port=stack.port) as gateway:
            yield Room(stack=stack, gateway=gateway, cookies={})
    finally:
        django.terminate()
        django.wait()


def ask(client: ClientConnection, action: str, payload: Any = None) -> dict[str, Any]:
    """Send a message; the next frame that is not empty."""
    client.send(json.dumps({"action": action, "id": "1", "payload": payload}))
    while not (text := client.recv(timeout=30)):
        pass
    found: dict[str, Any] = json.loads(text)
    return found


def check_traffic(room: Room) -> None:
    """Check a typed reply, every kind of error, a message without a reply, and pushes
    from a view and from boto3."""
    with room.connect("ada") as ada, room.connect("bob") as bob:
        reply = ask(ada, "say", {"text": "ho", "times": 2})
        assert reply["payload"] == {"text": "hoho", "by": "ada"}
        assert ask(ada, "say", {"times": "x"})["error"]["code"] == "invalid_payload"
        assert ask(ada, "crash")["error"]["code"] == "internal_error"
        assert ask(ada, "dance")["error"]["code"] == "unknown_route"
        ada.send('{"action": null}')
        assert json.loads(ada.recv(timeout=30))["error"]["code"]
        ada.send('{"action": "nothing", "payload": {"text": "x"}}')
        assert ask(ada, "say", {"text": "on"})["type"] == "reply"
        assert room.stack.get("/announce/lunch/")["delivered"] >= 2
        assert json.loads(bob.recv(timeout=30))["payload"] == {"text": "lunch"}
        connection_id = ask(bob, "who.am.i")["payload"]
        room.gateway.boto3(attempts=10).post_to_connection(
            ConnectionId=connection_id, Data=b'{"a": 1}'
        )
        assert json.loads(bob.recv(timeout=30)) == {"a": 1}
        assert connection_id in room.rows()


def check_anonymous_is_refused(room: Room) -> None:
    with pytest.raises(InvalidStatus) as refused:
        room.gateway.open()
    rule = room.gateway.gateway.api.behaviour.refusal_status
    assert refused.value.response.status_code == (401 if rule == "same" else int(rule))


def check_rows_are_gone(room: Room, before: set[str]) -> None:
    """Check that the rows end with their sockets, or without `$disconnect` at the next
    push."""
    if room.gateway.gateway.api.behaviour.lost_disconnect:
        assert room.stack.get("/announce/bye/")["gone"] >= 0
    eventually(lambda: not set(room.rows()) - before, within=30)


@pytest.mark.parametrize("value", [*VALUES, "strict"])
def test_everything_works(room: Room, value: str) -> None:
    chosen = behaviour([], strict=True) if value == "strict" else behaviour([value])
    room.gateway.gateway.api.behaviour = chosen
    before = set(room.rows())
    check_traffic(room)
    check_anonymous_is_refused(room)
    if not chosen.lost_disconnect:
        check_rows_are_gone(room, before)


@pytest.mark.parametrize("rule", ["forbidden", "served", "closed"])
def test_a_deleted_stage_forgets_no_socket(room: Room, rule: Any) -> None:
    """Nothing is delivered, and no connection counts as gone, until the stage is
    back."""
    api_gateway = room.gateway.gateway
    api_gateway.api.behaviour = Behaviour(deleted_stage=rule)
    before = set(room.rows())
    with room.connect("ada") as ada:
        connection_id_of_ada = ask(ada, "who.am.i")["payload"]
        room.gateway.do(api_gateway.delete_stage)
        assert room.stack.get("/announce/lunch/") == {
            "delivered": 0,
            "gone": 0,
        }
        assert connection_id_of_ada in room.rows()
        if rule == "closed":
            with pytest.raises(ConnectionClosed, match="1001"):
                ada.recv(timeout=30)
            eventually(lambda: "deleted" in room.gateway.entries[-1].outcome)
        room.gateway.do(api_gateway.restore_stage)
        if rule != "closed":
            assert ask(ada, "say", {"text": "on"})["type"] == "reply"
    if rule == "closed":  # a fresh connection is not gone at once
        eventually(lambda: is_forgotten(room, connection_id_of_ada))
    check_rows_are_gone(room, before)


def is_forgotten(room: Room, connection_id: str) -> bool:
    """Whether its row is gone after one more push."""
    room.stack.get("/announce/lunch/")
    return connection_id not in room.rows()


FORGED = {"Secret": "0" * 48, "Gateway": "other", "Event-Type": "DISCONNECT"}


@pytest.mark.parametrize("rule", ["wins", "joined"])
@pytest.mark.parametrize("name", [*FORGED, "Connection-Id"])
def test_a_header_that_wins_over_the_mapped_one_opens_nothing(
    room: Room, rule: Any, name: str
) -> None:
    """A client that forges headers does not know the secret, and reaches no other
    connection."""
    room.gateway.gateway.api.behaviour = Behaviour(client_header=rule)
    with room.connect("ada") as ada:
        connection_id_of_ada = ask(ada, "who.am.i")["payload"]
        forged = {"Connection-Id": connection_id_of_ada} | (
            {name: FORGED[name]} if name in FORGED else {}
        )
        headers = {f"X-Wsrouter-{key}": value for key, value in forged.items()}
        with pytest.raises(InvalidStatus) as refused:
            room.gateway.open(
                additional_headers=headers | {"Cookie": room.cookie("eve")}
            )
        assert refused.value.response.status_code in (400, 401, 403)
        assert ask(ada, "say", {"text": "me"})["payload"]["by"] == "ada"
