"""Group rules with Django's users, databases and errors, at every entry point."""

from collections.abc import Iterator
from typing import Any

import pytest
from django.contrib.auth.models import Group, Permission, User
from django.core.exceptions import PermissionDenied
from django.db import connection as database
from django.http import HttpRequest
from django.shortcuts import aget_object_or_404, get_object_or_404
from django.test import override_settings

from tests.django.entry_points import ENTRY_POINTS, EntryPoint
from tests.django.events import Gateway, answered, error_of, serving
from tests.django.test_queries import Queries
from wsrouter import Connection, MessageError, Router, connections
from wsrouter.conf import ConfigurationError
from wsrouter.models import Membership
from wsrouter.testing import ErrorFrame, WebSocketClient

pytestmark = [pytest.mark.database, pytest.mark.django_db]
router = Router()


@router.group("team:{team_id}", client_may_join=True)
def may_follow(connection: Connection, team_id: int) -> bool:
    team = get_object_or_404(Group, pk=team_id)
    if team.name == "secret":
        raise PermissionDenied
    return connection.user.groups.filter(pk=team_id).exists()


@router.group("ateam:{team_id}", client_may_join=True)
async def may_follow_async(connection: Connection, team_id: int) -> bool:
    team = await aget_object_or_404(Group, pk=team_id)
    if team.name == "secret":
        raise PermissionDenied
    return await connection.user.groups.filter(pk=team_id).aexists()


@router.group("lazy:{team_id}")
def may_follow_lazily(connection: Connection, team_id: int) -> Any:
    return connection.user.groups.filter(pk=team_id)


@router.connect
def opened(connection: Connection, request: HttpRequest) -> None:
    connection.join("everyone")
    if team := request.GET.get("team"):
        connection.join(team)


@router.route("follow")
def follow(payload: str, connection: Connection) -> bool:
    connection.join(payload)
    return payload in connection.groups


@router.route("afollow")
async def afollow(payload: str, connection: Connection) -> bool:
    await connection.ajoin(payload)
    return payload in await connection.agroups()


@pytest.fixture(autouse=True)
def _served() -> Iterator[None]:
    with serving(router):
        yield


@pytest.fixture
def team(user: User) -> Group:
    found = Group.objects.create(name="readers")
    user.groups.add(found)
    return found


@pytest.fixture
def secret(user: User) -> Group:
    found = Group.objects.create(name="secret")
    user.groups.add(found)
    return found


def joined(connection_id: str) -> set[str]:
    rows = Membership.objects.filter(connection__connection_id=connection_id)
    return set(rows.values_list("group", flat=True))


@pytest.mark.parametrize("group", ["team", "ateam"])
@pytest.mark.parametrize("action", ["follow", "afollow"])
@pytest.mark.parametrize("entry_point", ENTRY_POINTS.values(), ids=ENTRY_POINTS)
@pytest.mark.usefixtures("shared_database")
def test_sync_and_async_rules(
    entry_point: type[EntryPoint], action: str, group: str, team: Group, secret: Group
) -> None:
    user = User.objects.get()
    gateway = Gateway(http=entry_point())  # type: ignore[arg-type]
    assert gateway.connect(user).status_code == 200
    for pk, code in ((secret.pk, "permission_denied"), (0, "not_found")):
        frame = gateway.send(action, f"{group}:{pk}", id=1)
        assert error_of(frame)["code"] == code
    assert gateway.send(action, f"{group}:{team.pk}")["payload"] is True
    names = [f"team:{team.pk}", f"ateam:{team.pk}"]
    frame = gateway.send("wsrouter.join", {"groups": names})
    assert frame["payload"] == {"groups": names}
    assert joined(gateway.id) == {"everyone", *names}


@pytest.mark.usefixtures("shared_database", "atomic_requests")
@pytest.mark.parametrize("action", ["follow", "afollow"])
def test_rules_in_the_transaction_of_the_request(action: str, team: Group) -> None:
    user = User.objects.get()
    for entry_point in ENTRY_POINTS.values():
        gateway = Gateway(http=entry_point())  # type: ignore[arg-type]
        assert gateway.connect(user).status_code == 200
        frame = gateway.send(action, f"ateam:{team.pk}")
        assert frame["payload"] is True


@pytest.mark.parametrize("action", ["follow", "afollow"])
@pytest.mark.usefixtures("shared_database")
def test_a_rule_may_return_a_queryset(action: str, team: Group) -> None:
    gateway = Gateway()
    gateway.connect(User.objects.get())
    assert gateway.send(action, f"lazy:{team.pk}")["payload"] is True
    frame = gateway.send(action, "lazy:0")
    assert error_of(frame)["code"] == "permission_denied"


@pytest.mark.parametrize("group", ["team", "ateam", "lazy"])
def test_joins_in_connect(group: str, team: Group, user: User) -> None:
    for gateway, pk, status in (
        (Gateway(), team.pk, 200),
        (Gateway(), 0, 403 if group == "lazy" else 404),
    ):
        response = gateway.connect(user, query=f"?team={group}:{pk}")
        assert response.status_code == status
        names = {"everyone", f"{group}:{pk}"} if status == 200 else set()
        assert joined(gateway.id) == names


def test_a_join_from_a_view_asks_the_rule(user: User, team: Group) -> None:
    with WebSocketClient(user) as client:
        connection = connections.get(client.connection_id)
        connection.join(f"team:{team.pk}")
        user.groups.clear()
        with pytest.raises(MessageError, match="You may not do this") as caught:
            connection.join(f"lazy:{team.pk}")
        assert caught.value.code == "permission_denied"
        connection.join("team:0", check=False)
        assert connection.groups == {"everyone", f"team:{team.pk}", "team:0"}
        with (
            override_settings(WSROUTER={"other": {"SECRET": "x" * 32}}),
            pytest.raises(ConfigurationError, match="default"),
        ):
            connection.join("team:0")


def test_a_client_joins_and_leaves(user: User, team: Group, secret: Group) -> None:
    with WebSocketClient(user) as client:
        group = f"team:{team.pk}"
        assert client.call("wsrouter.join", {"groups": [group]}) == {"groups": [group]}
        assert joined(client.connection_id) == {"everyone", group}
        for name, code in (
            (f"team:{secret.pk}", "permission_denied"),
            ("team:0", "not_found"),
            ("everyone", "permission_denied"),
            (f"lazy:{team.pk}", "permission_denied"),
        ):
            with pytest.raises(ErrorFrame) as caught:
                client.call("wsrouter.join", {"groups": [f"a{group}", name]})
            assert caught.value.code == code
            assert caught.value.error["detail"] == {"group": name}
        assert joined(client.connection_id) == {"everyone", group}
        with pytest.raises(ErrorFrame, match="You may not leave 'everyone'"):
            client.call("wsrouter.leave", {"groups": ["everyone"]})
        left = client.call("wsrouter.leave", {"groups": [f"a{group}", group]})
        assert left == {"groups": [f"a{group}", group]}
        assert joined(client.connection_id) == {"everyone"}


def test_a_flat_message(user: User, team: Group) -> None:
    with serving(router, ENVELOPE="flat"), WebSocketClient(user) as client:
        groups = {"groups": [f"team:{team.pk}"]}
        assert client.call("wsrouter.join", groups) == groups


def test_what_it_costs(user: User) -> None:
    """The look-up, the questions of the rules, and one statement for all groups."""
    teams = [Group.objects.create(name=f"{number}") for number in range(20)]
    user.groups.set(teams)
    names = [f"team:{team.pk}" for team in teams]
    gateway = Gateway()
    gateway.connect(user)
    with Queries(database) as queries:
        gateway.send("wsrouter.join", {"groups": names})
    assert len(queries.statements) == 1 + 2 * len(names) + 1
    with Queries(database) as queries:
        gateway.send("wsrouter.leave", {"groups": names})
    assert len(queries.statements) == 2
    assert joined(gateway.id) == {"everyone"}


@pytest.mark.parametrize("action", ["wsrouter.join", "wsrouter.leave"])
def test_a_current_identity_is_needed(action: str, user: User, team: Group) -> None:
    payload = {"groups": [f"team:{team.pk}"]}
    stranger, ended = Gateway(), Gateway()
    frame = stranger.send(action, payload)
    assert error_of(frame)["code"] == "connection_unknown"
    ended.connect(user)
    User.objects.update(is_active=False)
    assert error_of(ended.send(action, payload))["code"] == "not_authenticated"
    assert not Membership.objects.exclude(group="everyone").exists()


def test_permissions_of_the_router(user: User) -> None:
    root, members = Router(), Router(permissions=["auth.view_user"])
    root.include(members)

    @members.group("club:{name}", client_may_join=True)
    def anybody(name: str) -> bool:
        return True

    payload = {"groups": ["club:a"]}
    with serving(root):
        guest, member = Gateway(), Gateway()
        guest.connect()
        member.connect(user)
        frame = guest.send("wsrouter.join", payload)
        assert error_of(frame)["code"] == "not_authenticated"
        frame = member.send("wsrouter.join", payload)
        assert error_of(frame)["code"] == "permission_denied"
        user.user_permissions.add(Permission.objects.get(codename="view_user"))
        assert member.send("wsrouter.join", payload)["payload"] == payload


def test_without_default_the_keys_are_published(user: User, team: Group) -> None:
    options = {"DEFAULT_ROUTE": False}
    with serving(router, **options), WebSocketClient(user) as client:
        groups = {"groups": [f"team:{team.pk}"]}
        assert client.call("wsrouter.join", groups) == groups
    with serving(Router(), **options), WebSocketClient(user) as client:
        client.send("wsrouter.join", {"groups": ["a"]}, id=1)
        assert client.receive()["message"] == "Forbidden"


def test_a_rule_that_crashes(user: User) -> None:
    root = Router()

    @root.group("x:{name}", client_may_join=True)
    def fails(name: str) -> bool:
        raise ZeroDivisionError

    with serving(root), WebSocketClient(user) as client:
        with pytest.raises(ZeroDivisionError):
            client.call("wsrouter.join", {"groups": ["x:1"]})
        assert joined(client.connection_id) == set()


def test_an_exception_handler_of_the_root_answers_for_rules(user: User) -> None:
    root = Router()

    @root.group("x:{name}", client_may_join=True)
    def fails(name: str) -> bool:
        raise KeyError(name)

    @root.exception_handler(KeyError)
    def on_key_error(error: KeyError) -> MessageError:
        return MessageError("missing")

    with serving(root):
        gateway = Gateway()
        gateway.connect(user)
        frame = answered(
            gateway.text(
                "$default", '{"action":"wsrouter.join","payload":{"groups":["x:1"]}}'
            )
        )
        assert error_of(frame)["code"] == "missing"
