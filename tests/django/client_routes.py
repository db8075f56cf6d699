"""A router for the test client to talk to."""

from typing import Any

from django.db import transaction
from django.http import HttpRequest
from pydantic import BaseModel

from wsrouter import Accept, Connection, MessageError, Reject, Router
from wsrouter.aws.posts.management_api import Boto3Connections
from wsrouter.wiring import outgoing, substitutes

router = Router()
told = router.event("told", str)


class Watch(BaseModel):
    order_id: int


@router.connect
def opened(connection: Connection, request: HttpRequest) -> Accept:
    if "refuse" in request.GET:
        raise Reject(401, "Who are you?")
    if "crash" in request.GET:
        raise RuntimeError("hunter2")
    connection.state["room"] = request.GET.get("room", "")
    connection.state["tenant"] = request.headers.get("X-Tenant", "")
    assert request.is_secure()
    return Accept(request.headers.get("Sec-WebSocket-Protocol", ""))


@router.route("watch")
def watch(payload: Watch, connection: Connection) -> dict[str, Any]:
    connection.join("orders")
    return {"order_id": payload.order_id, "user": str(connection.user)}


@router.route("facts")
def facts(connection: Connection) -> list[Any]:
    return [connection.source_ip, connection.user_agent, dict(connection.state)]


@router.route("tell")
def tell(payload: str) -> None:
    told.send(payload, everyone=True)


@router.route("farewell")
def farewell(payload: str, connection: Connection) -> None:
    """The event waits for a commit, and the end of the socket waits for the event."""
    with transaction.atomic():
        told.send(payload, connection=connection)
        connection.close()


@router.route("fail")
def fail() -> None:
    raise MessageError("sold_out", "None left.")


@router.route("crash")
def crash() -> None:
    raise RuntimeError("hunter2")


@router.route("close")
def close(connection: Connection) -> None:
    connection.close()


def assert_real_transport() -> None:
    """Nothing of the test client is left."""
    assert isinstance(outgoing.transport(), Boto3Connections)
    assert not substitutes.current.secret
