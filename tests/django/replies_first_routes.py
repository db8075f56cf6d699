"""Handlers that send and close in every place where that is possible."""

import asyncio
import threading
from collections.abc import Callable
from typing import Any

from asgiref.sync import sync_to_async
from django.contrib.auth.models import Group
from django.db import connections

from wsrouter import Connection, Frame, MessageError, Router

router = Router()
middle, failing = Router(), Router()
news = router.event("news", str)
statuses: list[str] = []
tasks: list[Any] = []
may_go_on = threading.Event()


def send(text: str, **options: Any) -> str:
    status = news.send(text, **({"group": "all"} | options)).status
    statuses.append(status)
    return status


@router.connect
def opened(connection: Connection) -> None:
    connection.join("all")
    send("connect")


@router.disconnect
def closed() -> None:
    send("disconnect")


@router.route("send")
def send_(payload: str) -> str:
    return send(payload)


@router.route("asend")
async def asend(payload: str) -> str:
    delivery = await news.asend(payload, group="all")
    return delivery.status


@router.route("copies")
async def copies(payload: str) -> list[str]:
    """Contexts that are copies of the message's."""
    in_thread = await sync_to_async(send)(payload)
    task = asyncio.create_task(news.asend(payload, group="all"))
    return [in_thread, (await task).status]


@router.route("thread")
def in_a_thread(payload: str) -> str:
    """A plain thread knows of no message."""
    found: list[str] = []

    def act() -> None:
        found.append(send(payload))
        connections.close_all()  # the database cannot be removed while one is open

    thread = threading.Thread(target=act)
    thread.start()
    thread.join()
    return found[0]


@router.route("later")
async def later(payload: str) -> None:
    """A task that outlives its message."""

    async def go_on() -> None:
        await sync_to_async(may_go_on.wait, thread_sensitive=False)(10)
        statuses.append((await news.asend(payload, group="all")).status)
        await sync_to_async(connections.close_all)()

    tasks.append(asyncio.create_task(go_on()))


@router.route("now")
def now(payload: str) -> str:
    return send(payload, now=True)


@router.route("close")
def close(payload: str, connection: Connection) -> None:
    send(f"{payload} before")
    connection.close()
    send(f"{payload} after")


@router.route("refuse")
def refuse(payload: str, connection: Connection) -> None:
    send(payload)
    connection.close()
    raise MessageError("no")


@router.route("write")
def write(payload: str) -> None:
    Group.objects.create(name=payload)
    send(payload)


@failing.exception_handler(KeyError)
def on_key_error(error: KeyError) -> MessageError:
    send("exception handler")
    return MessageError("missing")


@failing.route("fail")
def fail() -> None:
    raise KeyError


@middle.middleware
def middleware(frame: Frame, call_next: Callable[[Frame], Any]) -> Any:
    send("before")
    outcome = call_next(frame)
    send("after")
    return outcome


@middle.route("through")
def through() -> str:
    return send("handler")


router.include(failing)
router.include(middle)
