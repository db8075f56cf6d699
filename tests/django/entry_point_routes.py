"""Handlers of every kind, for the doors."""

from typing import Any

from django.contrib.auth.models import Group
from django.http import HttpRequest

from wsrouter import Connection, Message, MessageError, Router

router = Router()
ended: list[str] = []


@router.connect
def opened(connection: Connection) -> None:
    connection.join("all")


@router.disconnect
def closed(connection: Connection) -> None:
    ended.append(f"{connection.id} {connection.user} {sorted(connection.groups)}")


@router.route("echo")
def echo(payload: str, message: Message) -> str:
    return f"{message.route_key} {message.id} {len(payload)}"


@router.route("aecho")
async def aecho(payload: str) -> str:
    return payload


@router.route("who")
def who(connection: Connection) -> str:
    return f"{connection.user} {connection.id}"


@router.route("awho")
async def awho(connection: Connection) -> str:
    await connection.aupdate_state(seen=True)
    names = [each.name async for each in Group.objects.order_by("name")]
    return f"{connection.user} {names}"


@router.route("request")
def of_request(request: HttpRequest) -> list[Any]:
    names = ("method", "path", "path_info", "content_type")
    return [getattr(request, name) for name in names] + [request.body.decode()]


@router.route("request.user")
def user_of_request(request: HttpRequest) -> str:
    return str(request.user)


kept: list[HttpRequest] = []


@router.route("request.kept")
def kept_request(request: HttpRequest) -> str:
    kept.append(request)
    return request.method or ""


@router.route("request.user.known")
def known_user_of_request(request: HttpRequest, connection: Connection) -> list[Any]:
    return [str(request.user), request.user is connection.user]


@router.route("request.auser")
async def auser_of_request(request: HttpRequest) -> str:
    return f"{await request.auser()} {request.user}"


@router.route("request.auser.known")
async def known_auser_of_request(request: HttpRequest, connection: Connection) -> str:
    return f"{request.user} {await request.auser()} {connection.user}"


@router.route("allowed", permissions=["auth.view_user"], throttle="100/m per user")
async def allowed() -> str:
    return "yes"


@router.route("crash")
def crash() -> None:
    raise RuntimeError("hunter2")


@router.route("acrash")
async def acrash() -> None:
    raise RuntimeError("hunter2")


@router.route("sold")
async def sold() -> None:
    raise MessageError("sold_out", "None left.", detail={"left": 0})


@router.route("write")
def write(payload: str) -> str:
    Group.objects.create(name=payload)
    return _ended_with(payload)


@router.route("awrite")
async def awrite(payload: str) -> str:
    await Group.objects.acreate(name=payload)
    return _ended_with(payload)


def _ended_with(name: str) -> str:
    if name == "refused":
        raise MessageError("no")
    return name
