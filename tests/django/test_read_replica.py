"""DATABASE_ROUTERS send reads to a replica that lags behind: who somebody is, and that
a session has ended, does not depend on it."""

from collections.abc import Callable, Iterator
from datetime import timedelta
from typing import Any

import django
import pytest
from django.contrib.auth.models import User
from django.contrib.sessions.models import Session
from django.core.management import call_command
from django.db import connections as databases
from django.test import Client, override_settings
from django.utils import timezone
from pydantic_core import from_json

from tests.databases import REPLICA
from tests.django.events import Gateway
from tests.django.group_routes import Socket
from tests.security.conftest import ended
from tests.security.served import SETTINGS, Ended, told
from wsrouter import connections, groups, tickets
from wsrouter.delivery.memory import MemoryTransport
from wsrouter.models import Membership, OpenConnection, QueuedSend, Ticket
from wsrouter.testing.substitution import substituted

__all__ = ["ended"]
pytestmark = [
    pytest.mark.database,
    pytest.mark.django_db(transaction=True, databases=["default", "replica"]),
    pytest.mark.usefixtures("served_from_both"),
    pytest.mark.skipif(REPLICA, reason="This run has a router of its own."),
]
REPLICATED = (User, Session)
FUNCTION = "arn:aws:lambda:eu-west-1:123456789012:function:who"
AUTHORIZER = {"FUNCTION": FUNCTION, "USER": "username"}
PRINCIPAL = {"Principal-Id": "context.authorizer.principalId"}
PACKAGE = "django.tasks" if django.VERSION >= (6,) else "django_tasks"
TASKS = {"default": {"BACKEND": f"{PACKAGE}.backends.immediate.ImmediateBackend"}}


class ReadReplica:
    """As in Django's documentation, and without its `allow_relation`."""

    def db_for_read(self, model: type[Any], **_: Any) -> str:
        return "replica"

    def db_for_write(self, model: type[Any], **_: Any) -> str:
        return "default"


@pytest.fixture(scope="module", autouse=True)
def _replica(
    django_db_setup: None, django_db_blocker: Any, tmp_path_factory: Any
) -> Iterator[None]:
    """A database of its own, whatever the writing one is. It has all tables."""
    databases.settings["replica"] = {
        **databases.settings["default"],
        "ENGINE": "django.db.backends.sqlite3",
        "NAME": str(tmp_path_factory.mktemp("replica") / "db.sqlite3"),
        "OPTIONS": {},
        # Django would empty it after each test, which takes long.
        "TEST": {"MIRROR": "default"},
    }
    with django_db_blocker.unblock():
        call_command("migrate", database="replica", verbosity=0)
    yield
    databases["replica"].close()
    del databases["replica"]
    del databases.settings["replica"]


@pytest.fixture
def served_from_both() -> Iterator[None]:
    routers = [ReadReplica()]
    configured = {"default": SETTINGS}
    with override_settings(WSROUTER=configured, DATABASE_ROUTERS=routers):
        yield
    for model in REPLICATED:
        model.objects.using("replica").all().delete()


@pytest.fixture
def browser(user: User) -> Client:
    client = Client()
    client.force_login(user)
    return client


def catch_up() -> None:
    """What a replica does sooner or later; of what Django itself reads."""
    for model in REPLICATED:
        rows = model.objects.using("replica")
        rows.all().delete()
        rows.bulk_create(model.objects.using("default"))


def cookie(browser: Client) -> dict[str, str]:
    return {"Cookie": f"sessionid={browser.cookies['sessionid'].value}"}


def written(model: type[Any]) -> Any:
    return model.objects.using("default")


def test_the_life_of_a_connection(user: User, ended: list[Ended]) -> None:
    """The replica has none of its rows, and not its user."""
    gateway = Gateway()
    ticket = tickets.issue(user)["ticket"]
    assert gateway.connect(query=f"?ticket={ticket}").status_code == 200
    assert gateway.send("who")["payload"] == "ada"
    connections.get(gateway.id).update_state(seen=True)
    assert connections.get(gateway.id).state == {"seen": True}
    assert (list(groups.members("all")), groups.users("all")) == (
        [gateway.id],
        {user.pk},
    )
    assert set(connections.online_users()) == {user.pk}
    assert gateway.disconnect().status_code == 200
    assert [each.groups for each in ended] == [{"all"}]
    assert not written(OpenConnection).exists()
    for model in (OpenConnection, Membership, Ticket):
        assert not model.objects.using("replica").exists()


@pytest.mark.parametrize("options", [{}, {"BACKGROUND": "tasks", "SEND_RECIPIENTS": 1}])
def test_events_reach_who_has_just_joined(options: Any, user: User) -> None:
    """By a worker, too: what it is asked to send is in the writing database."""
    entry = SETTINGS | options
    ticket = tickets.issue(user)["ticket"]
    wire, gateway, guest = MemoryTransport(), Gateway(), Gateway()
    sockets = [Socket(), Socket()]
    with (
        override_settings(WSROUTER={"default": entry}, TASKS=TASKS),
        substituted(transport=wire, secret=""),
    ):
        assert gateway.connect(query=f"?ticket={ticket}").status_code == 200
        assert guest.connect().status_code == 200
        for each, socket in zip((gateway, guest), sockets, strict=True):
            wire.opened(each.id, socket)
        told.send("to all", group="all")
        told.send("to ada", user=user)
    got = [{from_json(frame)["payload"] for frame in each.frames} for each in sockets]
    assert got == [{"to all", "to ada"}, {"to all"}]
    assert not written(QueuedSend).exists()


def test_a_used_ticket_is_used(user: User) -> None:
    query = f"?ticket={tickets.issue(user)['ticket']}"
    assert Gateway().connect(query=query).status_code == 200
    assert Gateway().connect(query=query).status_code == 401


def test_a_login_of_a_moment_ago_is_no_guest(browser: Client) -> None:
    """Guests stay for two hours; who is refused comes back, and is known by then."""
    assert Gateway().connect(client=cookie(browser)).status_code == 401
    assert not written(OpenConnection).exists()
    catch_up()
    gateway = Gateway()
    assert gateway.connect(client=cookie(browser)).status_code == 200
    assert gateway.send("who")["payload"] == "ada"


def test_nor_is_a_user_of_a_moment_ago(user: User, settings: Any) -> None:
    """The session is in the cache, and so is there at once."""
    settings.SESSION_ENGINE = "django.contrib.sessions.backends.cache"
    browser = Client()
    browser.force_login(user)
    assert Gateway().connect(client=cookie(browser)).status_code == 401
    catch_up()
    assert Gateway().connect(client=cookie(browser)).status_code == 200


def test_a_guest_with_a_session_is_a_guest(user: User) -> None:
    session = Client().session
    session["basket"] = [1]
    session.save()
    gateway = Gateway()
    sent = {"Cookie": f"sessionid={session.session_key}"}
    assert gateway.connect(client=sent).status_code == 200
    assert gateway.send("who")["payload"] == "AnonymousUser"


def test_a_principal_of_a_moment_ago_is_no_guest(user: User) -> None:
    with override_settings(WSROUTER={"default": SETTINGS | {"AUTHORIZER": AUTHORIZER}}):
        gateway = Gateway()
        known = {"extra": PRINCIPAL, "authorizer.principalId": "ada"}
        assert gateway.connect(**known).status_code == 200
        assert gateway.send("who")["payload"] == "ada"


def flush(browser: Client, user: User) -> None:
    browser.session.flush()


def delete_rows(browser: Client, user: User) -> None:
    written(Session).all().delete()


def change_password(browser: Client, user: User) -> None:
    user.set_password("another")
    user.save()


def deactivate(browser: Client, user: User) -> None:
    written(User).update(is_active=False)


def delete_user(browser: Client, user: User) -> None:
    user.delete()


ENDS = [flush, delete_rows, change_password, deactivate, delete_user]


@pytest.mark.parametrize("end", ENDS)
def test_what_the_replica_still_has_opens_nothing(
    end: Callable[[Client, User], None], browser: Client, user: User
) -> None:
    """Django finds session and user there as they were."""
    catch_up()
    end(browser, user)
    assert Gateway().connect(client=cookie(browser)).status_code == 401
    assert not written(OpenConnection).exists()


@pytest.mark.parametrize("end", ENDS)
def test_what_the_replica_still_has_ends(
    end: Callable[[Client, User], None],
    browser: Client,
    user: User,
    ended: list[Ended],
) -> None:
    catch_up()
    gateway = Gateway()
    assert gateway.connect(client=cookie(browser)).status_code == 200
    end(browser, user)
    if end is delete_rows:  # no signal tells of it: it ends with the next handshake
        assert gateway.send("who")["payload"] == "ada"
        return
    code = gateway.send("who")["error"]["code"]
    assert code in ("not_authenticated", "connection_unknown")
    assert [each.cause for each in ended] == ["ended"] or end is not delete_user


def test_a_session_that_got_shorter(browser: Client) -> None:
    catch_up()
    soon = timezone.now() + timedelta(minutes=5)
    written(Session).update(expire_date=soon)
    assert Gateway().connect(client=cookie(browser)).status_code == 200
    assert written(OpenConnection).get().expires_at == soon


def test_the_sweep_ends_what_ended(browser: Client, user: User) -> None:
    catch_up()
    assert Gateway().connect(client=cookie(browser)).status_code == 200
    written(User).update(is_active=False)
    connections.end_stale()
    assert not written(OpenConnection).filter(expires_at__gt=timezone.now()).exists()
