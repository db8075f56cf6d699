"""What the reaper does with kept events: posts what was left, deletes what is old."""

from io import StringIO
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.core.management import CommandError, call_command

from tests.streams.stream_routes import (
    Watcher,
    entry,
    news,
    payloads,
    position,
    short,
)
from wsrouter.delivery.memory import MemoryTransport
from wsrouter.models import KeptEvent, Membership, OpenConnection, Stream
from wsrouter.ops import reaper
from wsrouter.registry.streams import administration
from wsrouter.routing.ports import Outgoing, Recipients
from wsrouter.wiring import outgoing

pytestmark = [pytest.mark.database, pytest.mark.django_db(transaction=True)]
MINUTE_MS = 60_000


def age(milliseconds: int = MINUTE_MS, **rows: Any) -> None:
    """The clock goes on by so much, for these events and for all streams."""
    for row in KeptEvent.objects.filter(**rows):
        row.created_ms -= milliseconds
        row.numbered_ms = row.numbered_ms and row.numbered_ms - milliseconds
        row.save()
    for stream in Stream.objects.all():
        stream.touched_ms -= milliseconds
        stream.save()


def run() -> Any:
    return reaper.reap(checks=0, rate=1)


def kept() -> list[int | None]:
    return list(KeptEvent.objects.order_by("seq").values_list("seq", flat=True))


def left_behind(text: str, group: str = "room") -> None:
    """A process stores an event, commits and dies."""
    store = outgoing.sender().kept.events
    store.add(
        Outgoing(
            event="news",
            payload=b'"%s"' % text.encode(),
            recipients=Recipients(groups=frozenset({group}), gateway="default"),
            keep=news.keep,
        )
    )


def test_it_numbers_and_posts_what_a_dead_process_left(
    transport: MemoryTransport,
) -> None:
    watcher = Watcher(transport)
    watcher.watch("room", "other")
    left_behind("a")
    left_behind("b", "other")
    news.send("c", group="room")
    assert run().posted == 0, "its process may be alive"
    age()
    assert run().posted == 2
    assert sorted(payloads(watcher.frames)) == ["a", "b", "c"]
    assert sorted(frame["stream"]["seq"] for frame in watcher.frames) == [1, 1, 2]
    assert run().posted == 0


def test_a_run_whose_time_is_over_leaves_the_rest_to_the_next(
    transport: MemoryTransport, monkeypatch: pytest.MonkeyPatch
) -> None:
    watcher = Watcher(transport)
    watcher.watch("room")
    left_behind("a")
    left_behind("b")
    age()
    with monkeypatch.context() as patch:
        patch.setattr(reaper, "POSTING_SECONDS", 0.0)
        assert run().posted == 0
    assert watcher.frames == []
    assert run().posted == 2
    assert payloads(watcher.frames) == ["a", "b"]


def test_numbered_and_not_posted(transport: MemoryTransport) -> None:
    watcher = Watcher(transport)
    watcher.watch("room")
    news.send("a", group="room")
    KeptEvent.objects.update(posted_at=None)
    age()
    assert run().posted == 1
    first, second = watcher.frames
    assert first == second, "twice by post, and the client drops it"


def test_the_number_that_events_ask_for_is_kept(transport: MemoryTransport) -> None:
    for number in range(5):
        short.send(str(number), group="room")
    assert run().deleted == 0, "a message may have begun before them"
    age(2 * MINUTE_MS)
    short.send("5", group="room")
    assert run().deleted == 5, "those above the number, and those above the time"
    assert kept() == [6]


def test_the_largest_that_any_event_asked_for_counts(
    transport: MemoryTransport,
) -> None:
    news.send("0", group="room")
    for number in range(5):
        short.send(str(number), group="room")
    age(2 * MINUTE_MS)
    assert run().deleted == 0
    age(60 * MINUTE_MS)
    assert run().deleted == 6


def test_what_was_not_posted_is_not_deleted(transport: MemoryTransport) -> None:
    for number in range(3):
        news.send(str(number), group="room")
    KeptEvent.objects.filter(seq=2).update(posted_at=None)
    age(61 * MINUTE_MS, seq__lte=3)
    KeptEvent.objects.filter(seq=2).update(
        created_ms=KeptEvent.objects.get(seq=1).created_ms + 62 * MINUTE_MS
    )
    assert run().deleted == 1
    assert kept() == [2, 3]


def test_an_unused_stream_goes_after_a_day(
    transport: MemoryTransport, user: User
) -> None:
    watcher = Watcher(transport, user)
    watcher.watch("room")
    news.send("a", group="empty")
    news.send("b", user=user)
    age(61 * MINUTE_MS)
    run()
    assert not KeptEvent.objects.exists()
    age(23 * 60 * MINUTE_MS)
    run()
    names = Stream.objects.values_list("name", flat=True)
    assert sorted(names) == sorted(["room", str(user.pk)]), "with an audience it stays"
    Membership.objects.all().delete()
    OpenConnection.objects.all().delete()
    run()
    assert not Stream.objects.exists()


def test_a_stream_goes_with_its_user(transport: MemoryTransport, user: User) -> None:
    news.send("a", users=[user])
    news.send("b", group="room")
    user.delete()
    assert list(Stream.objects.values_list("name", flat=True)) == ["room"]
    assert KeptEvent.objects.get().event == "news"


def command(*arguments: str) -> str:
    out = StringIO()
    call_command("ws_streams", *arguments, stdout=out)
    return out.getvalue()


def test_the_command_lists_what_is_kept(transport: MemoryTransport, user: User) -> None:
    assert command() == "No streams.\n"
    news.send("abc", group="room")
    news.send("abc", group="room")
    news.send("a", user=user)
    header, room, own = command().splitlines()
    assert header.split() == [
        "gateway", "kind", "name", "top", "kept", "bytes", "oldest",
    ]  # fmt: skip
    assert room.split()[:6] == ["default", "group", "room", "2", "2", "10"]
    assert own.split()[:6] == ["default", "user", str(user.pk), "1", "1", "3"]
    assert command("--limit", "1").splitlines() == [header, room]
    with pytest.raises(CommandError, match="1 or more"):
        command("--limit", "0")


def test_new_epochs_are_gaps_and_count_on(transport: MemoryTransport) -> None:
    watcher = Watcher(transport)
    since = position(entry(watcher.watch("room")))
    news.send("a", group="room")
    age()
    assert command("--new-epochs") == "1 stream with a new epoch.\n"
    found = entry(watcher.watch("room", since=since))
    assert (found["recovered"], found["seq"]) == (False, 1)
    news.send("b", group="room")
    again = entry(watcher.watch("room", since=position(found)))
    assert payloads(again["events"]) == ["b"]
    assert again["seq"] == 2


def test_a_group_can_be_deleted(transport: MemoryTransport) -> None:
    watcher = Watcher(transport)
    since = position(entry(watcher.watch("room")))
    news.send("a", group="room")
    news.send("b", group="other")
    assert command("--delete", "room") == "Deleted: group 'room' of gateway default.\n"
    assert [row.name for row in administration.rows_of(None)] == ["other"]
    assert KeptEvent.objects.count() == 1
    assert not [
        f for f in watcher.watch("room", since=since)["streams"] if f["id"] in since
    ]
    with pytest.raises(CommandError, match="No event is kept for the group 'x'"):
        command("--delete", "x")
