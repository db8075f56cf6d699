"""What `$disconnect` takes out of the registry, once, whatever races with it."""

import pytest
from django.contrib.auth.models import User

from tests.django.conftest import InThreads
from tests.django.events import Gateway, serving
from tests.django.registering import connected, ended
from wsrouter import Connection, Disconnected, Router
from wsrouter.models import Membership, OpenConnection
from wsrouter.registry.open_connections import ConnectionRegistry

pytestmark = [
    pytest.mark.database,
    pytest.mark.django_db,
    pytest.mark.usefixtures("registering"),
]


def test_disconnect_removes_everything_and_tells_the_handlers(user: User) -> None:
    gateway = connected(user)
    gone = {"disconnectStatusCode": "1001", "disconnectReason": "Going, away"}
    assert gateway.disconnect(**gone).status_code == 200
    assert not OpenConnection.objects.exists()
    assert not Membership.objects.exists()
    how = Disconnected(code=1001, reason="Going, away")
    assert ended == [(gateway.id, how, frozenset({"all"}), user)]


def test_disconnect_may_come_twice_and_without_a_connect(
    caplog: pytest.LogCaptureFixture,
) -> None:
    gateway = connected()
    for each in (gateway, gateway, Gateway()):
        response = each.disconnect()
        assert (response.status_code, response.content) == (200, b"")
    assert [each[0] for each in ended] == [gateway.id]
    assert caplog.records == [], "A handler was called with nothing."


def test_disconnect_does_not_touch_other_connections_of_the_user(user: User) -> None:
    first, second = connected(user), connected(user)
    first.disconnect()
    assert OpenConnection.objects.get().connection_id == second.id


def test_a_race_of_disconnects_runs_the_handlers_once(in_threads: InThreads) -> None:
    gateway = connected()

    def disconnect(number: int) -> int:
        return Gateway(gateway.id).disconnect().status_code

    assert in_threads(8, disconnect) == [200] * 8
    assert [each[0] for each in ended] == [gateway.id]
    assert not OpenConnection.objects.exists()


def test_joins_that_race_with_the_disconnect_leave_nothing_behind(
    in_threads: InThreads,
) -> None:
    gateway = connected()

    def act(number: int) -> int:
        if number == 3:
            return Gateway(gateway.id).disconnect().status_code
        body = b'{"action": "join", "payload": "group %d"}' % number
        return Gateway(gateway.id).text("join", body).status_code

    assert in_threads(8, act) == [200] * 8
    assert not Membership.objects.exists()


def test_a_join_after_the_end_leaves_nothing_behind() -> None:
    gateway = connected()
    connection = Connection(gateway.id, registry=ConnectionRegistry())
    gateway.disconnect()
    connection.join("late")
    connection.leave("late")
    assert not Membership.objects.exists()


def test_every_disconnect_handler_runs_also_when_one_fails() -> None:
    root, asked = Router(), []

    @root.disconnect
    def broken() -> None:
        raise RuntimeError

    @root.disconnect
    async def second(how: Disconnected) -> None:
        asked.append(how.cause)

    with serving(root):
        gateway = connected()
        assert gateway.disconnect().status_code == 200
    assert asked == ["client"]
    assert not OpenConnection.objects.exists()
