"""A router for clients in memory and over sockets."""

from typing import Any

from django.http import HttpRequest
from pydantic import BaseModel

from wsrouter import Accept, Connection, MessageError, Reject, Router

router = Router()
told = router.event("told", str)


class Watch(BaseModel):
    order_id: int


@router.connect
def opened(connection: Connection, request: HttpRequest) -> Accept:
    if "refuse" in request.GET:
        raise Reject(401, "Who are you?")
    return Accept(request.headers.get("Sec-WebSocket-Protocol", ""))


@router.route("watch")
def watch(payload: Watch, connection: Connection) -> dict[str, Any]:
    connection.join("orders")
    return {"order_id": payload.order_id, "user": str(connection.user)}


@router.route("tell")
def tell(payload: str) -> None:
    told.send(payload, everyone=True)


@router.route("facts")
def facts(connection: Connection) -> str:
    return connection.source_ip


@router.route("fail")
def fail() -> None:
    raise MessageError("sold_out", "None left.")


@router.route("close")
def close(connection: Connection) -> None:
    connection.close()
