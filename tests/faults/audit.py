"""Triggers that write down each number that is given, and each event that is deleted:
what the judge believes, whatever wsrouter says and keeps."""

from collections import defaultdict
from typing import Any

from django.db import connection

_TABLES = """
    CREATE TABLE faults_numbered (stream_id BIGINT, seq BIGINT, event_id VARCHAR(32),
        text VARCHAR(40), size BIGINT, excluded TEXT, at_ms BIGINT)
--
    CREATE TABLE faults_deleted (stream_id BIGINT, seq BIGINT, at_ms BIGINT)
"""
_POSTGRESQL = """
    CREATE FUNCTION faults_number() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN
        IF NEW.seq IS NOT NULL
            AND (TG_OP = 'INSERT' OR OLD.seq IS DISTINCT FROM NEW.seq)
        THEN INSERT INTO faults_numbered VALUES (NEW.stream_id, NEW.seq, NEW.event_id,
            SUBSTRING(CONVERT_FROM(NEW.payload, 'UTF8'), 2, 16), LENGTH(NEW.payload),
            NEW.excluded::text, EXTRACT(EPOCH FROM CLOCK_TIMESTAMP()) * 1000);
        END IF; RETURN NULL; END $$
--
    CREATE FUNCTION faults_delete() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN
        INSERT INTO faults_deleted VALUES (OLD.stream_id, OLD.seq,
            EXTRACT(EPOCH FROM CLOCK_TIMESTAMP()) * 1000);
        RETURN NULL; END $$
--
    CREATE TRIGGER faults_number AFTER INSERT OR UPDATE ON wsrouter_keptevent
        FOR EACH ROW EXECUTE FUNCTION faults_number()
--
    CREATE TRIGGER faults_delete AFTER DELETE ON wsrouter_keptevent
        FOR EACH ROW EXECUTE FUNCTION faults_delete()
"""
_MYSQL_NOW = "TIMESTAMPDIFF(MICROSECOND, '1970-01-01', UTC_TIMESTAMP(6)) DIV 1000"
_MYSQL_NUMBER = f"""INSERT INTO faults_numbered VALUES (NEW.stream_id, NEW.seq,
    NEW.event_id, SUBSTRING(CONVERT(NEW.payload USING utf8mb4), 2, 16),
    LENGTH(NEW.payload), NEW.excluded, {_MYSQL_NOW});"""
_MYSQL = f"""
    CREATE TRIGGER faults_insert AFTER INSERT ON wsrouter_keptevent FOR EACH ROW
        BEGIN IF NEW.seq IS NOT NULL THEN {_MYSQL_NUMBER} END IF; END
--
    CREATE TRIGGER faults_update AFTER UPDATE ON wsrouter_keptevent FOR EACH ROW
        BEGIN IF NOT NEW.seq <=> OLD.seq THEN {_MYSQL_NUMBER} END IF; END
--
    CREATE TRIGGER faults_delete AFTER DELETE ON wsrouter_keptevent FOR EACH ROW
        INSERT INTO faults_deleted VALUES (OLD.stream_id, OLD.seq, {_MYSQL_NOW})
"""
_TRIGGERS = {"postgresql": _POSTGRESQL, "mysql": _MYSQL}


def install() -> None:
    with connection.cursor() as cursor:
        for text in (_TABLES, _TRIGGERS[connection.vendor]):
            for statement in text.split("--"):
                cursor.execute(statement)


def numbered() -> dict[int, list[tuple[Any, ...]]]:
    """By stream: number, id, text, size, whom it leaves out."""
    return _by_stream("SELECT stream_id, seq, event_id, text, size, excluded")


def deleted() -> dict[int, list[tuple[Any, ...]]]:
    """By stream: number and moment."""
    return _by_stream("SELECT stream_id, seq, at_ms", "faults_deleted")


def _by_stream(
    select: str, table: str = "faults_numbered"
) -> dict[int, list[tuple[Any, ...]]]:
    found: dict[int, list[tuple[Any, ...]]] = defaultdict(list)
    with connection.cursor() as cursor:
        cursor.execute(f"{select} FROM {table}")
        for stream, *row in cursor.fetchall():
            found[stream].append(tuple(row))
    return found
