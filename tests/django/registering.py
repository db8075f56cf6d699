"""A router whose handlers change the registry of open connections."""

from datetime import UTC, datetime
from decimal import Decimal
from typing import Any
from uuid import UUID

from django.contrib.auth.models import User
from django.utils.translation import gettext_lazy

from tests.django.events import Gateway
from wsrouter import Connection, Disconnected, Router, groups

router = Router()
told = router.event("told", str)
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


@router.route("ajoin")
async def ajoin(payload: str, connection: Connection) -> None:
    await connection.ajoin(payload)


@router.route("count")
def count(payload: str) -> int:
    return groups.count(payload)


@router.route("send")
def send(payload: str) -> None:
    told.send("x", group=payload)


@router.route("typed")
def typed(connection: Connection) -> dict[str, Any]:
    changes = {
        "id": UUID(int=7),
        "at": datetime(2026, 1, 2, tzinfo=UTC),
        "price": Decimal("1.10"),
        "title": gettext_lazy("Monday"),
    }
    return dict(connection.update_state(**changes))


@router.route("who")
def who(connection: Connection) -> str:
    return str(connection.user)


def connected(user: User | None = None, **mapped: Any) -> Gateway:
    gateway = Gateway(**mapped)
    assert gateway.connect(user).status_code == 200
    return gateway


def code_of(frame: Any) -> str:
    return str(frame["error"]["code"])
