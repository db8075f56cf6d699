"""The WebSocket routes that a client may call, and the events that it gets."""

from datetime import datetime

from django.shortcuts import get_object_or_404
from pydantic import BaseModel, Field

from inbox.models import Notification
from wsrouter import Connection, Reject, Router

router = Router(tags=["notifications"], login_required=True)


class NotificationOut(BaseModel):
    id: int
    text: str
    read: bool
    created_at: datetime


class ListNotifications(BaseModel):
    limit: int = Field(default=20, ge=1, le=100)


class NotificationList(BaseModel):
    unread: int
    notifications: list[NotificationOut]


class MarkRead(BaseModel):
    notification_id: int


notification_created = router.event("notification.created", NotificationOut)
notification_read = router.event("notification.read", NotificationOut)


@router.connect
def opened(connection: Connection) -> None:
    if not connection.user.is_authenticated:
        raise Reject(401, "Log in first.")


@router.route("notifications.list")
def list_notifications(
    payload: ListNotifications, connection: Connection
) -> NotificationList:
    """The newest notifications of the user."""
    mine = Notification.objects.filter(user=connection.user)
    newest = [_out(notification) for notification in mine[: payload.limit]]
    return NotificationList(
        unread=mine.filter(read=False).count(), notifications=newest
    )


@router.route("notifications.mark_read")
def mark_read(payload: MarkRead, connection: Connection) -> NotificationOut:
    """Mark a notification as read; the user's other tabs get an event."""
    notification = get_object_or_404(
        Notification, pk=payload.notification_id, user=connection.user
    )
    notification.read = True
    notification.save(update_fields=["read"])
    event = _out(notification)
    notification_read.send(event, user=connection.user, exclude=connection)
    return event


def notify(user: object, text: str) -> Notification:
    """Store a notification for a user, and push it to every open tab."""
    created = Notification.objects.create(user=user, text=text)
    push(created)
    return created


def push(created: Notification) -> None:
    notification_created.send(_out(created), user=created.user)


def _out(notification: Notification) -> NotificationOut:
    return NotificationOut.model_validate(notification, from_attributes=True)
