"""A router that shows who is who, and remembers which connections ended."""

from datetime import timedelta
from typing import Any, NamedTuple

from django.contrib.auth.models import User
from django.http import HttpRequest

from tests.django.events import SECRET
from wsrouter import Connection, Disconnected, Router

ended: "list[Ended]" = []
handshakes: list[str] = []
router = Router()
told = router.event("told", str)
SETTINGS = {"SECRET": SECRET, "ROUTER": "tests.security.served.router"}


class Ended(NamedTuple):
    """A disconnect handler that ran."""

    id: str
    user: str
    cause: str
    groups: frozenset[str]


MINUTE, HOUR = timedelta(minutes=1), timedelta(hours=1)


def on_connect(connection_id: str) -> None:
    """Tests replace it to make handshakes wait."""


@router.connect
def opened(connection: Connection) -> None:
    on_connect(connection.id)
    handshakes.append(connection.id)
    connection.join("all")


@router.disconnect
def closed(connection: Connection, how: Disconnected) -> None:
    groups = frozenset(connection.groups)
    ended.append(Ended(connection.id, str(connection.user), how.cause, groups))


@router.route("who")
def who(connection: Connection) -> str:
    return str(connection.user)


@router.route("login", login_required=True)
def login() -> str:
    return "in"


@router.route("permission", permissions=["auth.view_user"])
def permission() -> str:
    return "allowed"


@router.route("open")
def anybody() -> str:
    return "open"


def by_header(request: HttpRequest) -> User | None:
    """An AUTHENTICATION function."""
    return User.objects.filter(username=request.headers.get("X-Name", "")).first()


async def by_query(request: HttpRequest) -> User | None:
    return await User.objects.filter(username=request.GET.get("name", "")).afirst()


def by_name(principal: str) -> Any:
    """A function for AUTHORIZER["USER"]."""
    return User.objects.filter(username=principal.removeprefix("user:")).first()


def nobody(request: HttpRequest) -> Any:
    return "ada"
