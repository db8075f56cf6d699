"""What pages of a run do besides watching streams: calls, and halls that a user may
enter or not. Each event says whom it is for."""

import random

from pydantic import BaseModel

from tests.chaos.halls import hall_of
from tests.faults.site.models import Sent
from tests.faults.site.ws import router as streams_router
from wsrouter import Connection, Router

router = Router()
router.include(streams_router)


class Told(BaseModel):
    """`to` is `hall:` or `user:` and its number."""

    text: str
    to: str


rumour = router.event("rumour", Told)
whisper = router.event("whisper", Told)


class Entered(BaseModel):
    hall: str
    connection: str


class Order(BaseModel):
    number: int
    """Which the reply repeats."""


class Bill(BaseModel):
    number: int
    user: str
    connection: str


@router.group("hall:{number}")
def may_enter(connection: Connection, number: int) -> bool:
    return connection.user.is_authenticated and hall_of(connection.user.pk) == number


@router.route("enter")
def enter(payload: int, connection: Connection) -> Entered:
    hall = f"hall:{payload}"
    connection.join(hall)
    return Entered(hall=hall, connection=connection.id)


@router.route("order")
def order(payload: Order, connection: Connection) -> Bill:
    """Reads something, and tells the user's other pages now and then."""
    user = str(connection.user.pk)
    Sent.objects.filter(kind="user", name=user).exists()
    if random.random() < 0.1:
        told = Told(text=f"ordered {payload.number}", to=f"user:{user}")
        whisper.send(told, user=connection.user)
    return Bill(number=payload.number, user=user, connection=connection.id)
