"""Reads from the database what was committed."""

import json
from collections.abc import Iterable, Mapping

from tests.faults import audit
from tests.faults.site.models import Sent
from tests.faults.truth import Event, Stream, Truth
from wsrouter import models


def truth(*, broken_at: list[int], epochs_at: Mapping[str, list[int]]) -> Truth:
    """With the moments at which sessions were ended, and epochs of streams changed."""
    numbered, deleted = audit.numbered(), audit.deleted()
    streams = {}
    for row in models.Stream.objects.all():
        stream = Stream(id=row.public_id, kind=row.kind, name=row.name, top=row.top)
        stream.epochs_at = list(epochs_at.get(row.public_id, ()))
        stream.deleted = dict(deleted.get(row.pk, ()))
        for seq, *event in numbered.get(row.pk, ()):
            if seq in stream.events:
                stream.twice.append(seq)
            stream.events[seq] = _event(*event)
        streams[row.public_id] = stream
    _add_rows(streams.values())
    return Truth(streams=streams, broken_at=broken_at)


def unsettled() -> int:
    """Events that are not numbered, or that nobody has posted."""
    return models.KeptEvent.objects.filter(posted_at=None).count()


def _event(event_id: str, text: str, size: int, excluded: str | None) -> Event:
    users = json.loads(excluded)["users"] if excluded else []
    return Event(id=event_id, text=text, size=size, excluded=frozenset(users))


def _add_rows(streams: Iterable[Stream]) -> None:
    by_key = {(stream.kind, stream.name): stream for stream in streams}
    for pk, kind, name, text, is_loose in Sent.objects.values_list(
        "pk", "kind", "name", "text", "is_loose"
    ):
        stream = by_key.get((kind, name))
        if stream is None:
            stream = by_key[kind, name] = Stream(id="", kind=kind, name=name)
        stream.rows[pk] = text
        if is_loose:
            stream.loose.add(text)
