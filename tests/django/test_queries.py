"""What a frame costs in the database."""

from typing import Any

import pytest
from django.contrib.auth.models import Permission, User
from django.db import connection as database
from django.test import Client
from django.test.utils import CaptureQueriesContext

from tests.databases import CHOSEN
from tests.django.events import Gateway, serving
from wsrouter import Connection, Message, Router

pytestmark = [pytest.mark.database, pytest.mark.django_db]
router = Router()
LOCK = int(CHOSEN == "mysql")
"""The user is locked before the connection is inserted."""
CONTROL = ("SAVEPOINT", "RELEASE", "BEGIN", "COMMIT", "ROLLBACK")


@router.connect
def opened(connection: Connection) -> None: ...


@router.disconnect
def closed(connection: Connection) -> None: ...


@router.route("free")
def free(payload: int, message: Message) -> int:
    return payload


@router.route("afree", throttle="100/m per ip")
async def afree(payload: int) -> int:
    return payload


@router.route("user")
def of_user(connection: Connection) -> str:
    return f"{connection.user} {connection.user.pk} {connection.state}"


@router.route("login", login_required=True)
def login() -> None: ...


@router.route("join")
def join(connection: Connection) -> None:
    connection.join("g")


@router.route("permission", permissions=["auth.view_user"])
def permission() -> None: ...


class Queries(CaptureQueriesContext):
    """The statements that read or write; those that bound transactions are free."""

    @property
    def statements(self) -> list[str]:
        found = [each["sql"] for each in self.captured_queries]
        return [sql for sql in found if not sql.upper().startswith(CONTROL)]


@pytest.fixture
def gateway(user: User) -> Any:
    with serving(router):
        gateway = Gateway()
        gateway.connect(user)
        yield gateway


def cost(act: Any) -> int:
    with Queries(database) as queries:
        act()
    return len(queries.statements)


@pytest.mark.parametrize(
    ("action", "queries"),
    [
        ("free", 0),
        ("afree", 0),
        ("user", 1),
        ("login", 1),
        ("join", 2),  # look up, insert
        ("permission", 3),  # Django's ModelBackend asks twice
        ("no.such", 0),
    ],
)
def test_a_message(action: str, queries: int, gateway: Gateway, user: User) -> None:
    user.user_permissions.add(Permission.objects.get(codename="view_user"))

    def send() -> None:
        frame = gateway.send(action, 7, id="1")
        assert frame["type"] == ("error" if action == "no.such" else "reply")

    assert cost(send) == queries


def test_connect(user: User) -> None:
    """Django's session, the user with the end of the session, and one insert; after
    the commit one statement for all that the connection depends on."""
    client = Client()
    client.force_login(user)
    with serving(router):
        assert cost(Gateway(http=client).connect) == 4 + LOCK
        assert cost(Gateway().connect) == 2


def test_a_repeated_connect(user: User, gateway: Gateway) -> None:
    gateway.http.force_login(user)
    assert cost(lambda: gateway.post("CONNECT")) == 5 + LOCK


def test_disconnect(gateway: Gateway) -> None:
    """Two deletions that tell what they delete; one when it is gone."""
    assert cost(gateway.disconnect) == 2
    assert cost(gateway.disconnect) == 1
