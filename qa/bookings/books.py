"""The database as somebody beside the service sees it: a record of every change, people on file."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

import psycopg
from psycopg import AsyncConnection, sql
from psycopg.rows import dict_row

from qa.bookings.history import Version

CONNECT_TIMEOUT_S = 3
STATEMENT_TIMEOUT_MS = 5_000

# Written in the transaction that changes the row: what is recorded is what was committed. Two that
# want the same place wait for each other before either is recorded, so `seq` is a true order.
_RECORD = """
CREATE SCHEMA qa;
CREATE TABLE qa.versions (
    seq bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    at  timestamptz NOT NULL DEFAULT clock_timestamp(),
    gone boolean NOT NULL,
    row jsonb NOT NULL
);
CREATE FUNCTION qa.note_version() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    INSERT INTO qa.versions (gone, row)
        VALUES (TG_OP = 'DELETE', to_jsonb(CASE WHEN TG_OP = 'DELETE' THEN OLD ELSE NEW END));
    RETURN NULL;
END $$;
CREATE TRIGGER qa_note_version AFTER INSERT OR UPDATE OR DELETE ON appointments
    FOR EACH ROW EXECUTE FUNCTION qa.note_version();
"""
_PEOPLE = """
INSERT INTO customers (first_name, last_name, phone, email)
SELECT 'Caller', 'Number ' || n, '+1503556' || lpad(n::text, 4, '0'),
       CASE WHEN n %% 2 = 0 THEN 'caller' || n || '@example.com' END
FROM generate_series(0, %(count)s - 1) AS n
"""
_CARS = """
INSERT INTO vehicles (customer_id, year, make, model, license_plate)
SELECT c.id, 2010 + (c.id + n) % 12, 'Honda', CASE n WHEN 1 THEN 'Civic' ELSE 'Fit' END,
       'T' || c.id || 'X' || n
FROM customers c, generate_series(1, 2) AS n
"""
_ON_FILE = """
SELECT c.phone, array_agg(v.id ORDER BY v.id) AS cars
FROM customers c JOIN vehicles v ON v.customer_id = c.id
WHERE c.phone LIKE '+1503556%' GROUP BY c.phone ORDER BY c.phone
"""
_REFEREES = """
SELECT conname FROM pg_constraint WHERE conrelid = 'appointments'::regclass AND contype = 'x'
"""
# Functions of ours that look for others' visits: with this path they find an empty table.
_LOOKING = r"""
SELECT oid::regprocedure::text AS name FROM pg_proc
WHERE pronamespace = 'public'::regnamespace AND prosrc ~ 'FROM appointments\M'
"""
_BLIND = """
CREATE SCHEMA blind;
CREATE TABLE blind.appointments (LIKE public.appointments);
"""


def connect(url: str) -> "psycopg.Connection[dict[str, Any]]":
    """Return a connection that never waits long; its caller closes it."""
    return psycopg.connect(
        url,
        autocommit=True,
        row_factory=dict_row,
        connect_timeout=CONNECT_TIMEOUT_S,
        options=f"-c statement_timeout={STATEMENT_TIMEOUT_MS}",
    )


async def connect_async(url: str) -> "AsyncConnection[dict[str, Any]]":
    """Return the same kind of connection for an event loop."""
    return await AsyncConnection.connect(
        url,
        autocommit=True,
        row_factory=dict_row,
        connect_timeout=CONNECT_TIMEOUT_S,
        options=f"-c statement_timeout={STATEMENT_TIMEOUT_MS}",
    )


def prepare(url: str, people: int, *, sabotage: bool) -> dict[str, list[int]]:
    """Begin the record and put people with two cars each on file; return cars by phone number.

    `sabotage` takes the referees away: the exclusion constraints, and the sight of other visits
    from the functions that look for a free place.
    """
    with connect(url) as conn:
        conn.execute(_RECORD)
        conn.execute(_PEOPLE, {"count": people})
        conn.execute(_CARS)
        if sabotage:
            _take_referees_away(conn)
        return {row["phone"]: row["cars"] for row in conn.execute(_ON_FILE)}


def _take_referees_away(conn: "psycopg.Connection[dict[str, Any]]") -> None:
    for row in conn.execute(_REFEREES).fetchall():
        name = sql.Identifier(row["conname"])
        conn.execute(sql.SQL("ALTER TABLE appointments DROP CONSTRAINT {}").format(name))
    conn.execute(_BLIND)
    for row in conn.execute(_LOOKING).fetchall():
        conn.execute(
            sql.SQL("ALTER FUNCTION {} SET search_path = blind, public").format(
                sql.SQL(row["name"])
            )
        )


def read_versions(url: str) -> tuple[Version, ...]:
    """Return every state in which a visit ever was, without those that differ in nothing here."""
    last: dict[int, Version] = {}
    found = []
    with connect(url) as conn:
        for row in conn.execute("SELECT seq, at, gone, row FROM qa.versions ORDER BY seq"):
            version = _version(row["row"], row["seq"], row["at"], gone=row["gone"])
            before = last.get(version.id)
            if before is None or _told(before) != _told(version):
                found.append(version)
            last[version.id] = version
    return tuple(found)


def read_rows(url: str) -> tuple[Version, ...]:
    """Return the visits as they are now."""
    with connect(url) as conn:
        found = conn.execute(
            "SELECT clock_timestamp() AS at, to_jsonb(a) AS row FROM appointments a ORDER BY id"
        )
        return tuple(_version(one["row"], 0, one["at"]) for one in found)


def _version(row: Mapping[str, Any], seq: int, at: datetime, *, gone: bool = False) -> Version:
    start = datetime.fromisoformat(row["scheduled_at"]).timestamp()
    end = start + row["duration_minutes"] * 60
    return Version(
        seq=seq,
        at=at.timestamp(),
        id=row["id"],
        wish=row["notes"] or "",
        status=row["status"],
        start=start,
        end=end,
        blocked_until=end + (row.get("buffer_minutes") or 0) * 60,
        bay=row["bay"],
        technician=row.get("technician"),
        vehicle_id=row["vehicle_id"],
        gone=gone,
    )


def _told(version: Version) -> tuple[object, ...]:
    return (
        version.status, version.start, version.end, version.bay, version.technician,
        version.vehicle_id, version.gone,
    )  # fmt: skip
