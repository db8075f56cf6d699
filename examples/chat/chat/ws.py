"""What pages may send, and what they are told."""

from django.contrib.auth.models import User
from django.db import transaction
from django.shortcuts import get_object_or_404
from pydantic import BaseModel, Field

from chat.history import LineOut, Lines, history, line_out
from chat.models import Room
from wsrouter import Connection, Keep, Reject, Router

router = Router(tags=["chat"], login_required=True)
line_written = router.event("chat.line", LineOut, keep=Keep(last=50, seconds=3600))


class Say(BaseModel):
    room: str
    text: str = Field(min_length=1, max_length=500)


@router.connect
def opened(connection: Connection) -> None:
    if not connection.user.is_authenticated:
        raise Reject(401, "Log in first.")


@router.group("room:{name}", client_may_join=True)
def may_enter(connection: Connection, name: str) -> bool:
    return Room.objects.filter(name=name, members=connection.user.pk).exists()


@router.route("chat.say")
def say(payload: Say, connection: Connection) -> None:
    """Say something in a room; everybody there is told, the author too."""
    user = connection.user
    room = get_object_or_404(Room, name=payload.room, members=user.pk)
    with transaction.atomic():
        line = room.lines.create(author=user, text=payload.text)
        line_written.send(line_out(line), group=f"room:{room.name}")


class Before(BaseModel):
    room: str
    before: int | None = None


@router.route("chat.history")
def earlier(payload: Before, connection: Connection) -> Lines:
    """The newest lines of a room, or those before a line."""
    user = connection.user
    room = get_object_or_404(Room, name=payload.room, members=user.pk)
    return history(room, payload.before)


class Person(BaseModel):
    id: int
    name: str


def people(users: list[User]) -> list[Person]:
    return [Person(id=user.pk, name=user.get_username()) for user in users]


router.presence("chat.here", Person, of=people, groups="room:{name}")
