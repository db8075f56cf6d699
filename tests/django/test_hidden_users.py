"""Users whom the project hides or bans are refused, as they are over HTTP."""

from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest
from django.contrib.auth.backends import ModelBackend
from django.contrib.auth.models import User, UserManager
from django.test import override_settings
from django.utils import timezone

from tests.django.events import Gateway
from tests.security.served import SETTINGS, told
from wsrouter import ConnectionGone, connections, tickets
from wsrouter.models import OpenConnection
from wsrouter.testing import WebSocketClient

pytestmark = [pytest.mark.database, pytest.mark.django_db]
HIDDEN = "hidden"
banned: set[Any] = set()


class Listed(UserManager):  # type: ignore[type-arg]
    """Soft-deleted users have a mark in their e-mail address, banned ones a time."""

    def get_queryset(self) -> Any:
        rows = super().get_queryset().exclude(email=HIDDEN)
        return rows.exclude(date_joined__gt=timezone.now())


class Banning(ModelBackend):
    def get_user(self, user_id: Any) -> Any:
        return None if user_id in banned else super().get_user(user_id)


@pytest.fixture(autouse=True)
def _served() -> Iterator[None]:
    banned.clear()
    with override_settings(WSROUTER={"default": SETTINGS}):
        yield


@pytest.fixture
def hiding(monkeypatch: pytest.MonkeyPatch) -> None:
    manager: Any = Listed()
    manager.model, manager.name = User, "objects"
    monkeypatch.setitem(vars(User._meta), "default_manager", manager)
    assert User._default_manager is manager


@pytest.mark.usefixtures("hiding")
@pytest.mark.parametrize("hide", ["save", "update", "by time"])
def test_a_soft_deleted_user_is_refused(
    hide: str, user: User, other: User, django_assert_num_queries: Any
) -> None:
    gateway, bystander = Gateway(), Gateway()
    assert gateway.connect(user).status_code == 200
    assert bystander.connect(other).status_code == 200
    with django_assert_num_queries(1):
        assert gateway.send("who")["payload"] == "ada"
    if hide == "save":
        user.email = HIDDEN
        user.save()
    elif hide == "update":
        User.objects.filter(pk=user.pk).update(email=HIDDEN)
    else:
        later = timezone.now() + timedelta(hours=1)
        User.objects.filter(pk=user.pk).update(date_joined=later)
    assert gateway.send("login")["error"]["code"] == "not_authenticated"
    assert bystander.send("who")["payload"] == "bob"


@pytest.mark.usefixtures("hiding")
@pytest.mark.parametrize("way", ["save", "sweep"])
def test_a_soft_deleted_user_gets_no_events(way: str, user: User, other: User) -> None:
    socket = WebSocketClient(user).connect()
    bystander = WebSocketClient(other).connect()
    user.email = HIDDEN
    if way == "save":
        user.save()
    else:
        User.objects.filter(pk=user.pk).update(email=HIDDEN)
        connections.end_stale()
    assert socket.frames == []
    assert not socket.is_open
    told.send("x", everyone=True, now=True)
    assert len(bystander.frames) == 1


@pytest.mark.usefixtures("hiding")
def test_a_view_does_not_get_the_connection_of_a_soft_deleted_user(
    user: User, other: User
) -> None:
    hidden, bystander, guest = Gateway(), Gateway(), Gateway()
    for gateway, who in ((hidden, user), (bystander, other), (guest, None)):
        assert gateway.connect(who).status_code == 200
    assert connections.get(hidden.id).user == user
    User.objects.filter(pk=user.pk).update(email=HIDDEN)
    with pytest.raises(ConnectionGone):
        connections.get(hidden.id)
    assert connections.get(bystander.id).user == other
    assert connections.get(guest.id).user.is_anonymous


@pytest.mark.usefixtures("hiding")
def test_a_ticket_of_a_soft_deleted_user(user: User) -> None:
    ticket = tickets.issue(user)["ticket"]
    User.objects.filter(pk=user.pk).update(email=HIDDEN)
    assert Gateway().connect(query=f"?ticket={ticket}").status_code == 401
    assert not OpenConnection.objects.exists()


def test_an_overridden_get_user_is_asked(
    user: User, other: User, settings: Any
) -> None:
    settings.AUTHENTICATION_BACKENDS = [f"{__name__}.Banning"]
    socket = WebSocketClient(user).connect()
    bystander = WebSocketClient(other).connect()
    ticket = tickets.issue(user)["ticket"]
    banned.add(user.pk)
    assert Gateway().connect(query=f"?ticket={ticket}").status_code == 401
    assert socket.call("who") == "ada"  # no second query for a message
    assert connections.end_stale() == 1
    assert not socket.is_open
    assert bystander.call("who") == "bob"


def test_a_backend_that_does_not_know_a_user_refuses_nobody(
    user: User, settings: Any
) -> None:
    settings.AUTHENTICATION_BACKENDS = [
        "django.contrib.auth.backends.ModelBackend",
        f"{__name__}.Banning",
    ]
    banned.add(user.pk)
    socket = WebSocketClient(user).connect()
    assert connections.end_stale() == 0
    assert socket.call("who") == "ada"
