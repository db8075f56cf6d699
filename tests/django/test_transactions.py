"""ATOMIC_REQUESTS: error answers roll back, good ones commit."""

from typing import Any

import pytest
from asgiref.sync import sync_to_async
from django.contrib.auth.models import Group, User
from django.db import connection as database
from django.db import connections, transaction

from tests import databases
from tests.django.conftest import InThreads
from tests.django.events import Gateway, answered, serving
from wsrouter import Connection, MessageError, Reject, Router
from wsrouter.models import OpenConnection

pytestmark = [pytest.mark.database, pytest.mark.django_db(transaction=True)]
router = Router()
made = router.event("made", str)
told: list[str] = []


state_router = Router()


@state_router.route("keep")
def keep(payload: int, connection: Connection) -> int:
    list(OpenConnection.objects.all())  # at REPEATABLE READ it sees these from now on
    connection.update_state(**{str(payload): True})
    return payload


def write(name: str) -> None:
    Group.objects.create(name=name)
    transaction.on_commit(lambda: told.append(name))


def outcome(name: str) -> None:
    if name == "error":
        raise MessageError("no")
    if name == "crash":
        raise RuntimeError("hunter2")
    if name == "broken":
        Group.objects.create(name="broken")
        Group.objects.create(name="broken")


@router.route("write")
def write_(payload: str) -> str:
    write(payload)
    made.send(payload, everyone=True)
    outcome(payload)
    return "x" * 200_000 if payload == "large" else payload


@router.route("awrite")
async def awrite(payload: str) -> str:
    await Group.objects.acreate(name=payload)
    await made.asend(payload, everyone=True)
    await sync_to_async(outcome)(payload)
    return "x" * 200_000 if payload == "large" else payload


@router.route("atomic")
def is_atomic() -> bool:
    return database.in_atomic_block


@router.route("aatomic")
async def is_async_atomic() -> bool:
    return await sync_to_async(lambda: connections["default"].in_atomic_block)()


@router.route("late")
def late() -> str:
    """Fails when it is committed, as deferred constraints do."""
    with database.cursor() as cursor:
        cursor.execute(
            "INSERT INTO auth_user_groups (user_id, group_id) VALUES (-1, -1)"
        )
    return "done"


@router.disconnect
def writes() -> None:
    write("ended")


@router.disconnect
def fails_late() -> None:
    write("never")
    late()


@pytest.fixture(autouse=True)
def _served() -> Any:
    told.clear()
    with serving(router):
        yield


FAILING = ["error", "crash", "broken", "large"]


@pytest.mark.parametrize("action", ["write", "awrite"])
@pytest.mark.parametrize("name", FAILING)
def test_an_error_answer_rolls_back(
    action: str, name: str, atomic_requests: None, deliveries: list[Any]
) -> None:
    frame = Gateway().send(action, name, id="1")
    assert (frame["type"], frame["id"]) == ("error", "1")
    assert not Group.objects.exists()
    assert (told, deliveries) == ([], [])


@pytest.mark.parametrize("action", ["write", "awrite"])
def test_a_good_answer_commits(
    action: str, atomic_requests: None, deliveries: list[Any]
) -> None:
    assert Gateway().send(action, "good")["payload"] == "good"
    assert Group.objects.get().name == "good"
    assert [each.event for each in deliveries] == ["made"]


@pytest.mark.parametrize("name", ["error", "crash", "large"])
def test_without_atomic_requests_nothing_is_rolled_back(
    name: str, deliveries: list[Any]
) -> None:
    assert Gateway().send("write", name)["type"] == "error"
    assert Group.objects.get().name == name
    assert told == [name]
    assert len(deliveries) == 1


def test_handlers_run_in_the_transaction(atomic_requests: None) -> None:
    assert Gateway().send("atomic")["payload"] is True
    assert Gateway().send("aatomic")["payload"] is True


def test_and_in_none_without(db: None) -> None:
    assert Gateway().send("atomic")["payload"] is False
    assert Gateway().send("aatomic")["payload"] is False


def test_a_commit_that_fails_is_an_error_frame(atomic_requests: None) -> None:
    """On MariaDB the insert itself fails."""
    response = Gateway().text("late", b'{"action": "late", "id": "1"}')
    frame = answered(response)
    assert frame["error"]["code"] == "internal_error"
    assert (frame["action"], frame["id"]) == ("late", "1")


def test_a_disconnect_handler_whose_commit_fails_takes_nothing_with_it(
    atomic_requests: None,
) -> None:
    gateway = Gateway()
    gateway.connect()
    response = gateway.disconnect()
    assert (response.status_code, response.content) == (200, b"")
    assert not OpenConnection.objects.exists()
    assert Group.objects.get().name == "ended"
    assert told == ["ended"]


def test_a_refused_connect_rolls_back(atomic_requests: None) -> None:
    refusing = Router()

    @refusing.connect
    def refuse() -> None:
        write("refused")
        raise Reject(401)

    with serving(refusing):
        assert Gateway().connect().status_code == 401
    assert not Group.objects.exists()
    assert told == []


def test_a_refused_identity_rolls_back(
    atomic_requests: None, user: User, other: User
) -> None:
    writing, names = Router(), iter("ab")

    @writing.connect
    def opened() -> None:
        write(next(names))

    with serving(writing):
        gateway = Gateway()
        assert gateway.connect(user).status_code == 200
        assert gateway.connect(other).status_code == 403
    assert [each.name for each in Group.objects.all()] == ["a"]
    assert OpenConnection.objects.get().user == user


def test_a_repeated_connect_commits(atomic_requests: None, user: User) -> None:
    """The failed insert must not spoil the transaction."""
    writing, names = Router(), iter("ab")

    @writing.connect
    def opened() -> None:
        write(next(names))

    with serving(writing):
        gateway = Gateway()
        assert gateway.connect(user).status_code == 200
        assert gateway.connect(user).status_code == 200
    assert Group.objects.count() == 2


def test_concurrent_connects(
    atomic_requests: None, user: User, in_threads: InThreads
) -> None:
    gateway = Gateway()
    if database.vendor == "sqlite":
        pytest.skip("SQLite does not upgrade two readers to writers.")

    def connect(number: int) -> int:
        return Gateway(gateway.id).connect(user).status_code

    assert in_threads(4, connect) == [200] * 4
    assert OpenConnection.objects.count() == 1


@pytest.mark.parametrize("is_async", [False, True])
def test_a_disconnect_handler_that_fails_takes_nothing_with_it(
    atomic_requests: None, is_async: bool
) -> None:
    root = Router()

    @root.disconnect
    def first() -> None:
        write("first")

    @root.disconnect
    def broken() -> None:
        write("broken")
        Group.objects.create(name="first")

    @root.disconnect
    async def third(connection: Connection) -> None:
        await Group.objects.acreate(name="third")
        if is_async:
            raise RuntimeError

    with serving(root):
        gateway = Gateway()
        gateway.connect()
        assert gateway.disconnect().status_code == 200
    assert not OpenConnection.objects.exists()
    names = ["first"] if is_async else ["first", "third"]
    assert [each.name for each in Group.objects.order_by("name")] == names
    assert told == ["first"]


@pytest.mark.parametrize("is_atomic", [False, True])
def test_no_change_of_the_state_is_lost(
    is_atomic: bool, in_threads: InThreads, request: pytest.FixtureRequest
) -> None:
    """At REPEATABLE READ as well: a change is kept, or it is answered with an error."""
    if is_atomic:
        request.getfixturevalue("atomic_requests")
    with serving(state_router):
        gateway = Gateway()
        assert gateway.connect().status_code == 200
        frames = in_threads(
            10, lambda number: Gateway(gateway.id).send("keep", number, id="1")
        )
    kept = set(OpenConnection.objects.get().state)
    replied = [frame["payload"] for frame in frames if frame["type"] == "reply"]
    assert kept == set(map(str, replied))
    if not databases.ISOLATION:
        assert len(kept) == 10
