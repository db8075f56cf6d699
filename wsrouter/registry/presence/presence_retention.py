"""What the reaper does for presence: finds who has left unnoticed, and deletes what
nobody needs."""

from typing import Any

from django.db import transaction
from django.db.models import Exists, OuterRef, QuerySet
from django.utils import timezone

from wsrouter.models import Membership, PresenceChange, PresenceGroup, PresentUser
from wsrouter.registry import sweep_positions
from wsrouter.registry.database import alias
from wsrouter.registry.deleting_rows import Left
from wsrouter.registry.presence import presence_changes
from wsrouter.registry.presence.presence_telling import Place

PAGE = 500


def note_unnoticed() -> None:
    """Users whose memberships have lost their rows in a way that is not ours are to be
    told of as well. Each sweep looks at the next part of the users that were told of:
    whoever is removed by wsrouter, or expires, is noted in the same transaction."""
    with sweep_positions.next_part(PresentUser, "present users") as part:
        rows = part.filter(~Exists(_live().filter(user=OuterRef("user_id"))))
        last = 0
        while page := list(rows.filter(pk__gt=last)[:PAGE]):
            last = page[-1].pk
            left = (Left(row.gateway, row.group, row.user_id) for row in page)
            presence_changes.note_left(left, using=alias())


def delete_unused() -> None:
    """Delete the rows of groups with nobody in them, of the next part of all groups.
    One that comes back has a higher version all the same."""
    same = {"group": OuterRef("group"), "gateway": OuterRef("gateway")}
    changes = PresenceChange.objects.filter(**same)
    told = PresentUser.objects.filter(**same)
    unused = ~Exists(_live()), ~Exists(changes), ~Exists(told)
    with sweep_positions.next_part(PresenceGroup, "presence groups") as part:
        for pk in list(part.filter(*unused).values_list("pk", flat=True)):
            _rows(PresenceGroup).filter(*unused, pk=pk).delete()


def forget(place: Place) -> None:
    """The group has no presence any more."""
    with transaction.atomic(using=alias()):
        for model in (PresenceGroup, PresenceChange, PresentUser):
            _rows(model).filter(**place._asdict()).delete()


def _live() -> "QuerySet[Membership]":
    """The open connections in the group of a row."""
    return Membership.objects.filter(
        group=OuterRef("group"),
        gateway=OuterRef("gateway"),
        expires_at__gt=timezone.now(),
    )


def _rows(
    model: type[PresenceGroup | PresenceChange | PresentUser],
) -> "QuerySet[Any]":
    return model.objects.using(alias())
