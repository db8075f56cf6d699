"""The registry of open connections, as events and messages change it."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from django.contrib.auth.models import AnonymousUser, User
from django.test import Client, override_settings
from django.utils import timezone

from tests.django.conftest import InThreads
from tests.django.events import Gateway, serving
from wsrouter import Connection, Disconnected, Reject, Router
from wsrouter.audience import Audience
from wsrouter.models import Membership, OpenConnection
from wsrouter.routing.ports import Recipients
from wsrouter.store import Store

pytestmark = [pytest.mark.database, pytest.mark.django_db]
router = Router()
ended: list[tuple[str, Disconnected, frozenset[str], Any]] = []


@router.connect
def opened(connection: Connection) -> None:
    connection.state["since"] = "today"
    connection.join("all")
    connection.join("all")


@router.disconnect
def closed(connection: Connection, how: Disconnected) -> None:
    ended.append((connection.id, how, connection.groups, connection.user))


@router.route("join")
def join(payload: str, connection: Connection) -> list[str]:
    connection.join(payload)
    return sorted(connection.groups)


@router.route("leave")
def leave(payload: str, connection: Connection) -> list[str]:
    connection.leave(payload)
    return sorted(connection.groups)


@router.route("state")
def state(payload: dict[str, Any], connection: Connection) -> dict[str, Any]:
    return dict(connection.update_state(**payload))


@router.route("astate")
async def astate(payload: dict[str, Any], connection: Connection) -> dict[str, Any]:
    await connection.ajoin("async")
    return dict(await connection.aupdate_state(**payload))


@router.route("who")
def who(connection: Connection) -> str:
    return str(connection.user)


@pytest.fixture(autouse=True)
def _served() -> Any:
    ended.clear()
    with serving(router):
        yield


def connected(user: User | None = None, **mapped: Any) -> Gateway:
    gateway = Gateway(**mapped)
    assert gateway.connect(user).status_code == 200
    return gateway


def code_of(frame: Any) -> str:
    return str(frame["error"]["code"])


def test_connect_writes_a_row_with_everything_known(user: User) -> None:
    before = timezone.now()
    gateway = connected(user, sourceIp="2001:db8::1")
    row = OpenConnection.objects.get()
    assert row.connection_id == gateway.id
    assert row.user == user
    assert row.auth_hash == user.get_session_auth_hash()
    assert row.state == {"since": "today"}
    assert row.gateway == "default"
    assert (row.api_id, row.stage) == ("abc123defg", "production")
    assert row.source_ip == "2001:db8::1"
    assert row.user_agent == "Mozilla/5.0 (X11; Linux), like Gecko"
    assert row.connected_at == datetime(2025, 11, 27, 8, 0, 0, 123000, tzinfo=UTC)
    assert before <= row.stored_at <= timezone.now()
    assert timedelta(hours=2) < row.expires_at - before < timedelta(hours=2, minutes=6)
    assert [each.group for each in row.memberships.all()] == ["all"]


def test_anonymous_connections_have_no_user() -> None:
    gateway = connected()
    row = OpenConnection.objects.get()
    assert (row.user, row.auth_hash) == (None, "")
    assert gateway.send("who")["payload"] == str(AnonymousUser())


def test_a_session_that_ends_sooner_ends_the_connection_sooner(user: User) -> None:
    client = Client()
    client.force_login(user)
    session = client.session
    soon = timezone.now() + timedelta(minutes=3)
    session.set_expiry(soon)
    session.save()
    Gateway(http=client).connect()
    assert OpenConnection.objects.get().expires_at == soon


def test_connect_twice_is_one_connection(user: User) -> None:
    gateway = connected(user)
    gateway.send("join", "more")
    assert gateway.connect(user).status_code == 200
    row = OpenConnection.objects.get()
    assert {each.group for each in row.memberships.all()} == {"all", "more"}


def test_connect_of_somebody_else_is_refused(user: User, other: User) -> None:
    gateway = connected(user)
    for another in (other, None):
        assert gateway.connect(another).status_code == 403
    assert OpenConnection.objects.get().user == user
    anonymous = connected()
    assert anonymous.connect(user).status_code == 403
    assert anonymous.send("who")["type"] == "reply"


def test_connect_through_another_gateway_is_refused() -> None:
    entry = {"ROUTER": "tests.django.events.served", "SECRET": "x" * 32}
    with override_settings(WSROUTER={"default": entry, "other": entry}):
        gateway = connected(secret="x" * 32)
        assert gateway.connect(alias="other").status_code == 403
        frame = Gateway(gateway.id, alias="other", secret="x" * 32).send("who")
        assert code_of(frame) == "connection_unknown"


def test_concurrent_connects_are_one_connection(
    user: User, in_threads: InThreads
) -> None:
    gateway = Gateway()

    def connect(number: int) -> int:
        return Gateway(gateway.id).connect(user).status_code

    assert in_threads(6, connect) == [200] * 6
    assert OpenConnection.objects.count() == 1
    assert Membership.objects.count() == 1


def test_concurrent_connects_of_several_users_have_one_winner(
    user: User, other: User, in_threads: InThreads
) -> None:
    gateway = Gateway()

    def connect(number: int) -> int:
        return Gateway(gateway.id).connect((user, other)[number]).status_code

    assert sorted(in_threads(2, connect)) == [200, 403]
    assert OpenConnection.objects.count() == 1


@pytest.mark.parametrize("status", [401, 403, 503])
def test_a_refused_connect_leaves_nothing_behind(status: int, user: User) -> None:
    refusing = Router()

    @refusing.connect
    def refuse(connection: Connection) -> None:
        connection.join("all")
        connection.state["a"] = 1
        raise Reject(status, "Not now.")

    with serving(refusing):
        response = Gateway().connect(user)
    assert (response.status_code, response.content) == (status, b"Not now.")
    assert not OpenConnection.objects.exists()
    assert not Membership.objects.exists()


def test_a_connect_that_crashes_is_refused_and_leaves_nothing_behind() -> None:
    broken = Router()

    @broken.connect
    def crash(connection: Connection) -> None:
        connection.join("all")
        raise RuntimeError("hunter2")

    with serving(broken):
        response = Gateway().connect()
    assert (response.status_code, response.content) == (500, b"")
    assert not OpenConnection.objects.exists()
    assert not Membership.objects.exists()


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
    connection = Connection(gateway.id, registry=Store())
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


def test_joining_and_leaving_twice_is_no_error() -> None:
    gateway = connected()
    for _ in range(2):
        assert gateway.send("join", "b")["payload"] == ["all", "b"]
    for _ in range(2):
        assert gateway.send("leave", "b")["payload"] == ["all"]


def test_ids_and_groups_that_differ_in_case_are_two(user: User, other: User) -> None:
    lower, upper = Gateway("abcDEF1="), Gateway("ABCdef1=")
    assert lower.connect(user).status_code == 200
    assert upper.connect(other).status_code == 200
    assert lower.send("who")["payload"] == "ada"
    assert upper.send("who")["payload"] == "bob"
    assert lower.send("join", "Group")["payload"] == ["Group", "all"]
    assert lower.send("join", "group")["payload"] == ["Group", "all", "group"]
    assert upper.send("join", "group")["payload"] == ["all", "group"]
    lower.disconnect()
    assert upper.send("leave", "Group")["payload"] == ["all", "group"]
    assert Gateway("ABCDEF1=").send("who")["error"]["code"] == "connection_unknown"


def test_a_group_has_up_to_255_characters_of_any_script() -> None:
    gateway = connected()
    name = "Ж" * 254 + "😀"
    assert name in gateway.send("join", name)["payload"]


def test_state_is_merged_by_threads_at_once(in_threads: InThreads) -> None:
    gateway = connected()

    def change(number: int) -> Any:
        return Gateway(gateway.id).send("state", {f"n{number}": number})["type"]

    assert in_threads(8, change) == ["reply"] * 8
    state = OpenConnection.objects.get().state
    assert state == {"since": "today"} | {f"n{n}": n for n in range(8)}


def test_state_of_a_closed_connection_cannot_be_changed() -> None:
    gateway = connected()
    assert gateway.send("astate", {"a": {"b": [1]}})["payload"]["a"] == {"b": [1]}
    assert Membership.objects.filter(group="async").exists()
    OpenConnection.objects.all().delete()
    assert code_of(gateway.send("state", {"a": 2})) == "connection_unknown"


def test_an_unknown_connection_does_not_reach_the_handler() -> None:
    assert code_of(Gateway().send("who")) == "connection_unknown"


@pytest.mark.parametrize("event", ["expired", "inactive", "password"])
def test_a_session_that_ended_does_not_reach_the_handler(
    event: str, user: User
) -> None:
    gateway = connected(user)
    assert gateway.send("who")["payload"] == "ada"
    if event == "expired":
        OpenConnection.objects.update(expires_at=timezone.now() - timedelta(seconds=1))
    elif event == "inactive":
        User.objects.update(is_active=False)
    else:
        user.set_password("another")
        user.save()
    assert code_of(gateway.send("who")) == "not_authenticated"


def test_a_new_secret_key_with_the_old_one_as_fallback_ends_no_session(
    user: User, settings: Any
) -> None:
    gateway = connected(user)
    settings.SECRET_KEY_FALLBACKS = [settings.SECRET_KEY]
    settings.SECRET_KEY = "another"
    assert gateway.send("who")["payload"] == "ada"
    settings.SECRET_KEY_FALLBACKS = []
    assert code_of(gateway.send("who")) == "not_authenticated"


def test_a_deleted_user_takes_connections_and_groups_along(user: User) -> None:
    gateway = connected(user)
    user.delete()
    assert not OpenConnection.objects.exists()
    assert not Membership.objects.exists()
    assert code_of(gateway.send("who")) == "connection_unknown"
    assert gateway.disconnect().status_code == 200
    assert ended == []


@override_settings(USE_TZ=False, TIME_ZONE="America/New_York")
def test_a_project_without_time_zones(user: User) -> None:
    gateway = connected(user)
    row = OpenConnection.objects.get()
    assert row.connected_at == datetime(2025, 11, 27, 3, 0, 0, 123000)  # noqa: DTZ001
    assert gateway.send("who")["payload"] == "ada"
    store = Store()
    (page,) = Audience().recipients(Recipients(everyone=True))
    assert timezone.is_aware(page[0].stored_at)
    found = store.forget(gateway.id, "default")
    assert found is not None
    assert found.connection.connected_at == datetime(
        2025, 11, 27, 8, 0, 0, 123000, tzinfo=UTC
    )
