"""The same small answer, written for each of those that are compared."""

from pydantic import BaseModel

from wsrouter import Connection, MessageError, Router

router = Router()


class Watch(BaseModel):
    order_id: int


class Status(BaseModel):
    order_id: int
    status: str


@router.route("watch")
def watch(payload: Watch) -> Status:
    return Status(order_id=payload.order_id, status="paid")


@router.route("awatch")
async def awatch(payload: Watch) -> Status:
    return Status(order_id=payload.order_id, status="paid")


@router.route("mine")
def mine(payload: Watch, connection: Connection) -> Status:
    return Status(order_id=payload.order_id, status=connection.user.username)


@router.route("amine")
async def amine(payload: Watch, connection: Connection) -> Status:
    return Status(order_id=payload.order_id, status=connection.user.username)


@router.route("refused")
def refused(payload: str) -> None: ...


@router.route("sold_out")
def sold_out(payload: Watch) -> Status:
    raise MessageError("sold_out", "None left.", detail={"order_id": payload.order_id})
