"""Triggers that write down which sends were queued and carried out, and who was in
which group when: what the judge believes, whatever wsrouter says and keeps."""

import json
from collections import defaultdict
from dataclasses import dataclass
from typing import Any

from django.db import connection

_NOW = "EXTRACT(EPOCH FROM CLOCK_TIMESTAMP()) * 1000"
_STATEMENTS = f"""
    CREATE TABLE chaos_queued (send_id BIGINT, event TEXT, data TEXT, recipients TEXT,
        at_ms BIGINT)
--
    CREATE TABLE chaos_done (send_id BIGINT, delivered BIGINT, gone BIGINT,
        failed BIGINT, reasons TEXT, at_ms BIGINT)
--
    CREATE TABLE chaos_member (connection_id TEXT, name TEXT, is_in BOOLEAN,
        at_ms BIGINT)
--
    CREATE FUNCTION chaos_queue() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN
        INSERT INTO chaos_queued VALUES (NEW.id, NEW.event,
            CONVERT_FROM(NEW.data, 'UTF8'), NEW.recipients::text, {_NOW});
        RETURN NULL; END $$
--
    CREATE FUNCTION chaos_do() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN
        INSERT INTO chaos_done VALUES (OLD.id, OLD.delivered, OLD.gone, OLD.failed,
            OLD.reasons::text, {_NOW});
        RETURN NULL; END $$
--
    CREATE FUNCTION chaos_join() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN
        IF TG_OP = 'INSERT' THEN
            INSERT INTO chaos_member VALUES (NEW.connection_id, NEW."group", TRUE,
                {_NOW});
        ELSE
            INSERT INTO chaos_member VALUES (OLD.connection_id, OLD."group", FALSE,
                {_NOW});
        END IF; RETURN NULL; END $$
--
    CREATE TRIGGER chaos_queue AFTER INSERT ON wsrouter_queuedsend
        FOR EACH ROW EXECUTE FUNCTION chaos_queue()
--
    CREATE TRIGGER chaos_do AFTER DELETE ON wsrouter_queuedsend
        FOR EACH ROW EXECUTE FUNCTION chaos_do()
--
    CREATE TRIGGER chaos_join AFTER INSERT OR DELETE ON wsrouter_membership
        FOR EACH ROW EXECUTE FUNCTION chaos_join()
"""


@dataclass(frozen=True, kw_only=True)
class Send:
    """One that was queued; `recipients` is what its report counts, None without one.
    Times are milliseconds since 1970, of the database's clock."""

    id: int
    event: str
    text: str
    groups: tuple[str, ...]
    queued_at: int
    done_at: int | None = None
    recipients: int = 0
    failed: int = 0
    reports: int = 0


Memberships = dict[str, list[tuple[str, int, int]]]
"""By group: the connection, when it came and when it left (or the end of time)."""
FOREVER = 10**15


def install() -> None:
    with connection.cursor() as cursor:
        for statement in _STATEMENTS.split("--"):
            cursor.execute(statement)


def sends() -> list[Send]:
    done: dict[int, list[tuple[Any, ...]]] = defaultdict(list)
    for number, *counts in _rows("send_id, delivered, gone, failed, at_ms", "done"):
        done[number].append(tuple(counts))
    columns = "send_id, event, data, recipients, at_ms"
    return [
        _send(number, event, data, recipients, at, done[number])
        for number, event, data, recipients, at in _rows(columns, "queued")
    ]


def _send(
    number: int,
    event: str,
    data: str,
    recipients: str,
    at: int,
    done: list[tuple[Any, ...]],
) -> Send:
    payload = json.loads(data)["payload"]
    delivered, gone, failed, done_at = done[0] if done else (0, 0, 0, None)
    return Send(
        id=number,
        event=event,
        text=payload["text"] if isinstance(payload, dict) else payload.strip(),
        groups=tuple(json.loads(recipients)["groups"]),
        queued_at=at,
        done_at=done_at,
        recipients=delivered + gone + failed,
        failed=failed,
        reports=len(done),
    )


def memberships() -> Memberships:
    found: Memberships = defaultdict(list)
    since: dict[tuple[str, str], int] = {}
    for member, group, is_in, at in _rows(
        "connection_id, name, is_in, at_ms", "member"
    ):
        if is_in:
            since[member, group] = at
        elif (came := since.pop((member, group), None)) is not None:
            found[group].append((member, came, at))
    for (member, group), came in since.items():
        found[group].append((member, came, FOREVER))
    return found


def _rows(columns: str, table: str) -> list[tuple[Any, ...]]:
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT {columns} FROM chaos_{table} ORDER BY at_ms")
        return list(cursor.fetchall())
