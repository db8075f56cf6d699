"""Groups, tickets, queued sends, and the bounds that hold on every list."""

import re
from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from tests.admin.rows import connections
from tests.admin.test_gateways import a_client, text
from tests.django.client_routes import router
from tests.django.events import serving
from wsrouter import tickets
from wsrouter.admin import group_admin
from wsrouter.admin.walk import WINDOW
from wsrouter.models import KeptEvent, QueuedSend, Stream, Ticket
from wsrouter.registry import group_list, row_counts
from wsrouter.registry.send_queue import LEASE

pytestmark = [pytest.mark.database, pytest.mark.django_db]
ADMIN = "/admin/wsrouter"
GROUPS, TICKETS = f"{ADMIN}/membership/", f"{ADMIN}/ticket/"
SENDS = f"{ADMIN}/queuedsend/"
PRIVATE = "nobody may know"
VIEWS = ("openconnection", "membership", "ticket", "queuedsend", "stream", "keptevent")
LISTS = (
    "openconnection/",
    "openconnection/?q=user:ada",
    "openconnection/?q=group:all",
    "openconnection/?state=ended",
    "openconnection/?state=open&gateway=default",
    "membership/",
    "membership/?from=all",
    "ticket/",
    "ticket/?q=ada",
    "queuedsend/",
    "stream/",
    "stream/?q=room&kind=group",
    "keptevent/",
    "keptevent/?q=nothing",
)


@pytest.fixture(autouse=True)
def _served() -> Iterator[None]:
    with serving(router):
        yield


@pytest.fixture
def staff() -> Client:
    return a_client(*(f"view_{name}" for name in VIEWS))


def groups(page: str) -> list[tuple[str, str]]:
    rows = re.findall(r'<th scope="row">(.*?)</th>\s*<td[^>]*>(.*?)</td>', page)
    return [(re.sub("<[^>]*>", "", name), size) for name, size in rows]


def a_send(**values: Any) -> QueuedSend:
    kinds = ("connection_ids", "users", "groups", "exclude", "exclude_users")
    recipients = {"everyone": False, "gateway": "default"} | {k: [] for k in kinds}
    recipients |= values.pop("recipients", {})
    values = {"touched_at": timezone.now(), "event": "orders.status"} | values
    data = f'{{"payload":"{PRIVATE}"}}'.encode()
    return QueuedSend.objects.create(recipients=recipients, data=data, **values)


def test_groups_have_counts_and_links(
    staff: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(group_admin, "ROWS", 2)
    monkeypatch.setattr(group_list, "MOST", 5)
    connections(3, groups=["a", "b"])
    connections(5, groups=["b", "c", "d&<e"], first=3)

    first = text(staff.get(GROUPS))
    assert groups(first) == [("a", "3"), ("b", "more than 5")]
    assert f'href="{ADMIN}/openconnection/?q=group%3Aa"' in first
    [link] = re.findall(r'href="([^"]+)" rel="next"', first)
    second = text(staff.get(GROUPS + link))
    assert groups(second) == [("c", "5"), ("d&amp;&lt;e", "5")]
    assert 'rel="next"' not in second
    assert "21 memberships" in second
    assert groups(text(staff.get(f"{GROUPS}?from=bb"))) == groups(second)
    assert groups(text(staff.get(f"{GROUPS}?from=x%00"))) == groups(first)


def test_who_may_see_groups_alone_gets_no_links() -> None:
    connections(1, groups=["a"])
    page = text(a_client("view_membership").get(GROUPS))

    assert groups(page) == [("a", "1")]
    assert "openconnection/?q" not in page
    assert a_client("view_openconnection", name="ben").get(GROUPS).status_code == 403


def test_numbers_above_the_limit_are_estimates_or_say_so(
    staff: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(row_counts, "MOST", 20)
    monkeypatch.setattr(group_list, "MOST", 20)
    connections(40, groups=["all"])
    knows = connection.vendor == "postgresql"
    if knows:
        with connection.cursor() as cursor:
            cursor.execute("ANALYZE wsrouter_membership, wsrouter_openconnection")

    expected = "about 40" if knows else "more than 20"
    assert groups(text(staff.get(GROUPS))) == [("all", expected)]
    page = text(staff.get(f"{ADMIN}/openconnection/"))
    assert f"{expected} open connections" in page or not knows


def test_tickets_show_nothing_that_can_be_used(staff: Client) -> None:
    ada = User.objects.create_user("ada")
    written = tickets.issue(ada)
    row = Ticket.objects.get()
    pages = text(staff.get(TICKETS)) + text(staff.get(f"{TICKETS}{row.pk}/change/"))

    for shown in ("ada", "not used", "default"):
        assert shown in pages
    for secret in (written["ticket"], row.digest, row.auth_hash, row.digest[:8]):
        assert secret not in pages
    assert "1 ticket" in text(staff.get(f"{TICKETS}?q=ada"))
    assert "0 tickets" in text(staff.get(f"{TICKETS}?q=ben"))
    Ticket.objects.update(connection_id="c0000")
    assert "used" in text(staff.get(TICKETS))


def test_queued_sends_tell_how_far_they_are(staff: Client) -> None:
    now = timezone.now()
    a_send()
    assert "waiting for a worker" in text(staff.get(SENDS))
    QueuedSend.objects.update(touched_at=now - 2 * LEASE)
    assert "stalled: ws_reap takes it up" in text(staff.get(SENDS))
    QueuedSend.objects.update(resume_after=now + LEASE)
    assert "queued again by ws_reap" in text(staff.get(SENDS))
    send = QueuedSend.objects.get()
    for minutes in (1, 1, -1):
        until = now + timedelta(minutes=minutes)
        send.slices.create(group_index=0, task_id="t", leased_until=until)
    page = text(staff.get(SENDS))
    assert "at work" in page
    assert "2, 1 left by a worker" in page
    QueuedSend.objects.update(fully_sliced=True)
    assert "finishing" in text(staff.get(SENDS))


def test_the_payload_of_a_send_needs_its_permission(staff: Client) -> None:
    send = a_send(recipients={"users": [str(n) for n in range(1000)]})
    allowed = a_client("view_queuedsend", "view_queuedsend_payload", name="eve")
    page = f"{SENDS}{send.pk}/change/"

    assert PRIVATE not in text(staff.get(SENDS)) + text(staff.get(page))
    assert "17, 18, 19, and 980 more" in text(staff.get(page))
    assert PRIVATE in text(allowed.get(page))
    assert PRIVATE not in text(allowed.get(SENDS))


def fill(number: int, first: int = 0) -> None:
    """So many rows in every table."""
    ada, _ = User.objects.get_or_create(username="ada")
    users = User.objects.bulk_create(
        User(username=f"u{n}") for n in range(first, first + number)
    )
    connections(number, user=ada, first=first, groups=["all"], minutes=-1)
    connections(number, user=users[0], first=5000 + first, groups=[f"room{first}"])
    ends = {"expires_at": timezone.now(), "proof_expires_at": timezone.now()}
    Ticket.objects.bulk_create(
        Ticket(digest=f"{first + n}", user=ada, gateway="default", **ends)
        for n in range(number)
    )
    for _ in range(min(number, 20)):
        a_send()
    streams = Stream.objects.bulk_create(
        Stream(
            public_id=f"{user.pk}",
            gateway="default",
            kind="group",
            name=f"room:{user.pk}",
            epoch="e",
            top=1,
            touched_ms=0,
        )
        for user in users
    )
    place = {"gateway": "default", "kind": "group", "event": "e", "payload": b"1"}
    times = {"last": 1, "seconds": 1, "created_ms": 0, "numbered_ms": 0}
    KeptEvent.objects.bulk_create(
        KeptEvent(stream=stream, seq=1, name=stream.name, **place, **times)
        for stream in streams
    )


def statements(client: Client, url: str) -> list[str]:
    with CaptureQueriesContext(connection) as queries:
        assert client.get(f"{ADMIN}/{url}").status_code == 200
    return [query["sql"] for query in queries.captured_queries]


def is_bounded(sql: str) -> bool:
    """Whether a statement has a limit, or names the rows of the page; it may skip no
    more than the rows that are looked at for one page."""
    offset = re.search(r"OFFSET (\d+)", sql)
    if offset and int(offset[1]) >= WINDOW:
        return False
    is_estimate = sql.startswith("SELECT reltuples FROM pg_class")
    if is_estimate or "wsrouter_" not in sql or " LIMIT " in sql:
        return True
    is_of_page = re.search(r"WHERE .*(send_id|stream_id|\Wid). IN \(\d", sql)
    return bool(is_of_page) and "COUNT(*)" not in sql


def test_queries_of_a_list_are_bounded(staff: Client) -> None:
    """Their number does not grow with the rows; none counts without a limit, and none
    skips more rows than one page looks at."""
    fill(3)
    few = {url: statements(staff, url) for url in LISTS}
    fill(200, first=3)
    many = {url: statements(staff, url) for url in LISTS}

    assert {url: len(found) for url, found in many.items()} == {
        url: len(found) for url, found in few.items()
    }
    assert max(len(found) for found in many.values()) <= 10
    for url, found in many.items():
        for sql in found:
            assert is_bounded(sql), (url, sql)
