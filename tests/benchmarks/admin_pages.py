"""What a page of the admin costs at 1,000,000 connections in three groups each, with
100,000 tickets, 100,000 streams, 1,000,000 kept events and 1,000 queued sends.

    python -m tests.benchmarks.admin_pages [rows]

PostgreSQL alone, in a database of its own, which is dropped afterwards. CPU is that of
this process (Django and its test client) and that of PostgreSQL's process, which works
for this process alone. The figures go to results/admin_pages.json.
"""

import json
import os
import re
import sys
import time
from pathlib import Path
from statistics import median
from typing import Any

from tests.benchmarks import apart

ROWS, REPEATED = 1_000_000, 10
RESULTS = Path(__file__).parent / "results" / "admin_pages.json"
ADMIN = "/admin/wsrouter"
CONNECTIONS, GROUPS = f"{ADMIN}/openconnection/", f"{ADMIN}/membership/"
TICKETS, SENDS = f"{ADMIN}/ticket/", f"{ADMIN}/queuedsend/"
STREAMS, EVENTS = f"{ADMIN}/stream/", f"{ADMIN}/keptevent/"
PAGES = {
    "connections": CONNECTIONS,
    "connections, second page": f"{CONNECTIONS} next",
    "connections, in the middle": f"{CONNECTIONS}?after=[{{half}}]",
    "connections of a user, by name": f"{CONNECTIONS}?q=user:{{user}}",
    "connections of a user, name or id": f"{CONNECTIONS}?q={{user}}",
    "users whose name begins so": f"{CONNECTIONS}?q=ada",
    "connections of nobody": f"{CONNECTIONS}?q=nobody",
    "connections of a group of all": f"{CONNECTIONS}?q=group:all",
    "the same, second page": f"{CONNECTIONS}?q=group:all next",
    "the same, in the middle": f'{CONNECTIONS}?q=group:all&after=["8"]',
    "connections of a group of 10": f"{CONNECTIONS}?q=group:room:77",
    "one connection id": f"{CONNECTIONS}?q={{id}}",
    "filter: a gateway, all rows": f"{CONNECTIONS}?gateway=default",
    "filter: a gateway, no row": f"{CONNECTIONS}?gateway=other",
    "filter: open": f"{CONNECTIONS}?state=open",
    "filter: ended": f"{CONNECTIONS}?state=ended",
    "filter: ended, second page": f"{CONNECTIONS}?state=ended next",
    "ip: no row": f"{CONNECTIONS}?q=ip:192.0.2.1",
    "one connection": f"{CONNECTIONS}{{half}}/change/",
    "groups": GROUPS,
    "groups, second page": f"{GROUPS} next",
    "groups, from a name on": f"{GROUPS}?from=room:5",
    "tickets": TICKETS,
    "tickets of a user": f"{TICKETS}?q={{user}}",
    "queued sends": SENDS,
    "one queued send": f"{SENDS}1/change/",
    "streams": STREAMS,
    "streams, second page": f"{STREAMS} next",
    "stream of a group": f"{STREAMS}?q=room:77",
    "streams: no name has this": f"{STREAMS}?q=nothing",
    "one stream": f"{STREAMS}77/change/",
    "kept events": EVENTS,
    "kept events of a stream": f"{EVENTS}?stream__id__exact=77",
    "kept events: no event is so": f"{EVENTS}?q=nothing",
    "gateways": f"{CONNECTIONS}gateways/",
}
_NUMBERS = "FROM generate_series(1, {rows}) AS t(n)"
_TICKETS = (
    "(digest, user_id, auth_hash, session_hash, gateway, connection_id,"
    " proof_expires_at, expires_at) SELECT md5(n::text), n % 100 + 1, '', md5(n::text),"
    " 'default', '', now(), now()"
)
_STREAMS = (
    "(public_id, gateway, kind, name, epoch, top, last, seconds, touched_ms) SELECT"
    " n::text, 'default', 'group', 'room:' || n, 'epoch', 10, 100, 3600, 0"
)
_EVENTS = (
    "(stream_id, seq, gateway, kind, name, event, event_id, payload, last, seconds,"
    " created_ms, numbered_ms, trace)"
    " SELECT (n - 1) / 10 + 1, (n - 1) % 10 + 1, 'default',"
    " 'group', 'room:' || n, 'orders.status', n::text,"
    " convert_to(repeat('x', 200), 'UTF8'), 100, 3600, 0, 0, ''"
)
_SENDS = (
    "(event, data, recipients, left_out, group_index, last_connection_id,"
    " fully_sliced, delivered, gone, failed, reasons, stopped, trace, queued_at,"
    " touched_at)"
    " SELECT 'orders.status', '{{}}', '{recipients}', 0, 0, '', false, 0, 0, 0, '{{}}',"
    " '', '', now(), now()"
)
_MORE_ROWS = {  # by table: one for so many connections
    "ticket": (10, _TICKETS),
    "stream": (10, _STREAMS),
    "keptevent": (1, _EVENTS),
    "queuedsend": (1000, _SENDS),
}
_RECIPIENTS = {
    "connection_ids": [],
    "users": [str(number) for number in range(10_000)],
    "groups": [],
    "everyone": False,
    "exclude": [],
    "exclude_users": [],
    "gateway": "default",
}


def _measured(folder: str, rows: int) -> dict[str, Any]:
    with apart.empty_database(folder):
        from django.db import connection

        from tests.benchmarks import registry_rows

        registry_rows.fill(1, rows, rows)
        _fill_the_rest(rows)
        with connection.cursor() as cursor:
            # A second process of the server would not be counted.
            cursor.execute("SET max_parallel_workers_per_gather = 0")
            cursor.execute("SELECT pg_backend_pid(), version()")
            process, version = cursor.fetchone()
        return {
            "rows": rows,
            "load": os.getloadavg(),
            "postgresql": version.split()[1],
            "pages": _pages(rows, process),
        }


def _fill_the_rest(rows: int) -> None:
    from django.contrib.auth.models import User
    from django.db import connection

    with connection.cursor() as cursor:  # `fill` has given primary keys by itself
        cursor.execute(
            "SELECT setval(pg_get_serial_sequence('auth_user', 'id'), max(id) + 1)"
            " FROM auth_user"
        )
    User.objects.bulk_create(User(username=f"ada{n}", password="") for n in range(30))
    with connection.cursor() as cursor:
        for table, (share, values) in _MORE_ROWS.items():
            numbers = _NUMBERS.format(rows=rows // share)
            filled = values.format(recipients=json.dumps(_RECIPIENTS))
            cursor.execute(f"INSERT INTO wsrouter_{table} {filled} {numbers}")
        cursor.execute(
            "UPDATE wsrouter_openconnection SET expires_at = now() WHERE id <= %s",
            [rows // 50],
        )
        cursor.execute("VACUUM ANALYZE")


def _pages(rows: int, process: int) -> dict[str, Any]:
    from django.contrib.auth.models import User
    from django.test import Client

    from wsrouter.models import OpenConnection

    client = Client()
    client.force_login(User.objects.create_superuser("root"))
    some = OpenConnection.objects.get(pk=rows // 3)
    names = {"half": rows // 2, "user": rows // 30, "id": some.connection_id}
    return {
        name: _page(client, _address(client, address, names), process)
        for name, address in PAGES.items()
    }


def _address(client: Any, address: str, names: dict[str, Any]) -> str:
    """Of the page, or of the one that its link leads to."""
    url, _, is_next = address.format(**names).partition(" ")
    if not is_next:
        return url
    page = client.get(url).content.decode()
    [link] = re.findall(r'href="([^"]+)" rel="next"', page)
    return url.partition("?")[0] + link.replace("&amp;", "&")


def _page(client: Any, url: str, process: int) -> dict[str, Any]:
    from django.db import connection
    from django.test.utils import CaptureQueriesContext

    with CaptureQueriesContext(connection) as queries:
        answer = client.get(url)
        statements = len(queries)
    assert answer.status_code == 200, (url, answer.status_code)
    client.get(url)
    own, taken, before = [], [], _seconds_of(process)
    for _ in range(REPEATED):
        begin, cpu = time.perf_counter(), time.process_time()
        client.get(url)
        own.append((time.process_time() - cpu) * 1000)
        taken.append((time.perf_counter() - begin) * 1000)
    database = (_seconds_of(process) - before) / REPEATED * 1000
    return {
        "django_ms": round(median(own), 1),
        "postgresql_ms": round(database, 1),
        "wall_ms": round(median(taken), 1),
        "statements": statements,
        "bytes": len(answer.content),
    }


def _seconds_of(process: int) -> float:
    """The CPU that a process has had, in user and system mode; Linux alone."""
    fields = Path(f"/proc/{process}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


if __name__ == "__main__":
    if sys.argv[1:2] == ["--here"]:
        print(json.dumps(_measured("", int(sys.argv[2]))))  # noqa: T201
    else:
        found = apart.told(
            "tests.benchmarks.admin_pages",
            (sys.argv[1:] or [str(ROWS)])[0],
            WSROUTER_TEST_DATABASE="postgresql",
            DJANGO_SETTINGS_MODULE="tests.project.settings",
        )
        RESULTS.write_text(json.dumps(found, indent=2) + "\n")
        print(json.dumps(found, indent=2))  # noqa: T201
