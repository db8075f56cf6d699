"""Handlers that reply, crash, join and push."""

import os

from django.http import HttpRequest
from pydantic import BaseModel

from wsrouter import Connection, Reject, Router

router = Router()


class Note(BaseModel):
    text: str


noted = router.event("noted", Note)


@router.connect
def opened(connection: Connection, request: HttpRequest) -> None:
    if request.GET.get("who") == "nobody":
        raise Reject(401, "Who are you?")


@router.route("echo")
def echo(payload: Note) -> Note:
    return payload


@router.route("crash")
def crash() -> None:
    raise RuntimeError("a detail that must not leak")


@router.route("join")
def join(connection: Connection) -> None:
    connection.join("room")


@router.route("push")
def push(payload: Note) -> None:
    noted.send(payload, group="room")


@router.route("pid")
def pid() -> int:
    return os.getpid()
