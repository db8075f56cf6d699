"""Who is no member any more hears no more of the room."""

from typing import Any

from django.db.models.signals import m2m_changed
from django.dispatch import receiver

from chat.models import Room
from wsrouter import groups


@receiver(m2m_changed, sender=Room.members.through)
def members_removed(instance: Room, action: str, pk_set: set[int], **_: Any) -> None:
    if action == "post_remove":
        groups.remove(f"room:{instance.name}", users=pk_set)
