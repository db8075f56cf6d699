"""The streams in the database, for the test of a client that follows them."""

from collections.abc import Collection

from wsrouter.models import KeptEvent, Stream
from wsrouter.registry.database import alias
from wsrouter.registry.streams.numbering import GROUP, new_epoch


def group_of(public_id: str) -> str:
    """The group whose stream it is, "" for that of a user and for one that is gone."""
    rows = Stream.objects.using(alias()).filter(public_id=public_id, kind=GROUP)
    return rows.values_list("name", flat=True).first() or ""


def lose(public_ids: Collection[str], group: str | None) -> None:
    """Delete what these streams, or that of the group among them, have kept, and make
    all positions in them invalid. Raises AssertionError when there is none."""
    rows = Stream.objects.using(alias()).filter(public_id__in=public_ids)
    rows = rows if group is None else rows.filter(kind=GROUP, name=group)
    what = "no stream" if group is None else f"no stream of the group {group!r}"
    assert rows.exists(), f"The client follows {what}."
    KeptEvent.objects.using(alias()).filter(stream__in=rows).delete()
    for row in rows:
        rows.filter(pk=row.pk).update(epoch=new_epoch())
