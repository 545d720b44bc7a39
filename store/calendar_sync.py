"""Copying the calendars into PostgreSQL, and finding events and visits that do not agree.

One process of many does it at a time, by a lease in `calendar_sync`. No transaction is open while
Google is asked, and what was asked under a lease that has run out is thrown away.
"""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from loguru import logger

from shop.types import Interval
from store.calendar import Calendar, Changes
from store.calendar_event import CalendarEvent
from store.errors import (
    CalendarQuota,
    CalendarTimeout,
    CalendarUnavailable,
    StoreError,
    SyncExpired,
)
from store.pool import Connection, Pool, Row
from store.visit_event import EFFECTIVE_ID

SYNC_EVERY_S = 3.0
"""Google allows 600 requests a minute and user: one list in three seconds is 20 of them."""
FULL_EVERY_S = 6 * 3600
"""The window moves on, and whatever the tokens may have missed is found again."""
SYNC_LIMIT_S = 20.0
LEASE_S = 40
"""Longer than the limit: a list may still be under way for a moment after it."""
FIRST_DELAY_S = 1.0
LONGEST_DELAY_S = 15.0
"""A quarter of the minute in which all must agree again once Google is back."""
LONGEST_RETRY_AFTER_S = 45.0
PAST_DAYS = 7
SPARE_DAYS = 21
"""Beyond the booking horizon: whoever looks ahead from its last day stays within the window."""
RECHECK_S = 20
"""How often the same disagreement is looked at again; a new one is at once."""
ORPHANS_AT_ONCE = 20

_REGISTER = """
INSERT INTO calendar_sync (calendar_id) SELECT unnest(%(ids)s::text[]) ON CONFLICT DO NOTHING
"""
_TAKE = """
UPDATE calendar_sync SET leased_until = clock_timestamp() + %(lease)s * interval '1 s'
WHERE calendar_id IN (
    SELECT calendar_id FROM calendar_sync
    WHERE calendar_id = ANY(%(ids)s)
      AND (leased_until IS NULL OR leased_until < clock_timestamp())
      AND (%(at_once)s OR next_at <= clock_timestamp())
    FOR UPDATE SKIP LOCKED
)
RETURNING calendar_id, leased_until, attempts, clock_timestamp() AS listed_at,
    CASE WHEN full_at > clock_timestamp() - %(full_every)s * interval '1 s'
         THEN sync_token END AS sync_token,
    (SELECT id FROM calendar_installation) AS installation
"""
_HELD = """
SELECT FROM calendar_sync WHERE calendar_id = %(calendar_id)s AND leased_until = %(leased_until)s
FOR UPDATE
"""
_CLEAR = "DELETE FROM calendar_events WHERE calendar_id = %(calendar_id)s"
_REMOVE = """
DELETE FROM calendar_events WHERE calendar_id = %(calendar_id)s AND event_id = ANY(%(old)s)
RETURNING busy
"""
_ADD = """
INSERT INTO calendar_events
    (calendar_id, event_id, starts_at, ends_at, busy, appointment_id, etag)
SELECT %(calendar_id)s, * FROM unnest(
    %(ids)s::text[], %(starts)s::timestamptz[], %(ends)s::timestamptz[], %(busy)s::boolean[],
    %(appointments)s::bigint[], %(etags)s::text[])
ON CONFLICT DO NOTHING
"""
_SYNCED = """
UPDATE calendar_sync
SET sync_token = %(sync_token)s, synced_at = %(listed_at)s, leased_until = NULL, attempts = 0,
    last_error = NULL, version = version + %(touched)s::int,
    next_at = clock_timestamp() + %(every)s * interval '1 s',
    full_at = CASE WHEN %(full)s THEN %(listed_at)s ELSE full_at END,
    window_start = CASE WHEN %(full)s THEN %(start)s ELSE window_start END,
    window_end = CASE WHEN %(full)s THEN %(end)s ELSE window_end END
WHERE calendar_id = %(calendar_id)s
"""
_FAILED = """
UPDATE calendar_sync
SET attempts = attempts + 1, last_error = %(error)s,
    leased_until = NULL,
    next_at = clock_timestamp() + %(delay_s)s * interval '1 s'
WHERE calendar_id = %(calendar_id)s AND leased_until = %(leased_until)s
"""
# Only what was settled before Google was asked can be told wrong by its answer. First come events
# that changed since they were dealt with, then visits whose event is not there, or does not say
# whose it is.
_NOTICE = f"""
WITH odd AS (
    SELECT a.id, e.etag
    FROM calendar_events e
    JOIN appointments a ON a.id = e.appointment_id AND e.event_id = {EFFECTIVE_ID}
    JOIN calendar_outbox box ON box.appointment_id = a.id
    WHERE e.calendar_id = %(calendar_id)s
      AND CASE WHEN a.status IN ('scheduled', 'confirmed') THEN e.etag IS DISTINCT FROM box.etag
          ELSE a.status = 'cancelled' END
    UNION ALL
    SELECT a.id, NULL
    FROM calendar_sync sync
    JOIN appointments a ON a.scheduled_at < sync.window_end AND a.ends_at > sync.window_start
        AND a.scheduled_at > sync.window_start - interval '1 day'  -- no visit is longer
    WHERE sync.calendar_id = %(calendar_id)s AND a.status IN ('scheduled', 'confirmed')
      AND NOT EXISTS (
          SELECT FROM calendar_events e
          WHERE e.calendar_id = %(calendar_id)s AND e.event_id = {EFFECTIVE_ID}
            AND e.appointment_id = a.id)
)
UPDATE calendar_outbox AS box
SET generation = generation + 1, attempts = 0, next_attempt_at = clock_timestamp(),
    noticed = coalesce(odd.etag, '')
FROM odd
WHERE box.appointment_id = odd.id
  AND box.synced >= box.generation AND box.settled_at < %(listed_at)s
  AND (box.noticed IS DISTINCT FROM coalesce(odd.etag, '')
       OR box.settled_at < %(listed_at)s - %(recheck)s * interval '1 s')
RETURNING odd.id
"""  # noqa: S608 - constants only
_ORPHANS = f"""
SELECT e.event_id FROM calendar_events e LEFT JOIN appointments a ON a.id = e.appointment_id
WHERE e.calendar_id = %(calendar_id)s AND e.appointment_id IS NOT NULL
  AND (a.id IS NULL OR e.event_id <> {EFFECTIVE_ID})
LIMIT %(limit)s
"""  # noqa: S608 - constants only


@dataclass(frozen=True, slots=True)
class _Lease:
    calendar_id: str
    leased_until: datetime
    attempts: int
    listed_at: datetime
    sync_token: str | None
    installation: str


class CalendarSync:
    """Keeps `calendar_events` as Google has them, from last week to beyond the booking horizon.

    The shop's own calendar is also compared with the visits: what differs is given to the relay,
    and events of ours without a visit are removed.
    """

    def __init__(
        self, pool: Pool, calendar: Calendar, calendar_ids: Sequence[str], horizon_days: int
    ) -> None:
        self._pool = pool
        self._calendar = calendar
        self._ids = list(calendar_ids)
        self._days = horizon_days + SPARE_DAYS
        self._registered = False

    async def run_once(self, *, at_once: bool = False) -> int:
        """Copy every calendar that is due and that nobody else copies; return how many were.

        `at_once` does not wait for their time. Raises DatabaseUnavailable; and CalendarUnavailable,
        noted for the next try, when one could not be copied.
        """
        if not self._registered:
            await self._pool.execute(_REGISTER, {"ids": self._ids})
            self._registered = True
        values = {
            "ids": self._ids,
            "lease": LEASE_S,
            "at_once": at_once,
            "full_every": FULL_EVERY_S,
        }
        due = [_lease(row) for row in await self._pool.write(_TAKE, values)]
        ends = await asyncio.gather(*(self._copy(one) for one in due), return_exceptions=True)
        for end in ends:
            if isinstance(end, BaseException):
                raise end
        return len(due)

    async def _copy(self, lease: _Lease) -> None:
        try:
            async with asyncio.timeout(SYNC_LIMIT_S):
                window, changes = await self._list(lease)
        except StoreError as exc:
            await self._note_failure(lease, exc)
            raise
        except TimeoutError as exc:
            late = CalendarTimeout(f"not copied within {SYNC_LIMIT_S} s")
            await self._note_failure(lease, late)
            raise late from exc
        if await self._apply(lease, window, changes) and lease.calendar_id == self._ids[0]:
            await self._compare(lease)

    async def _list(self, lease: _Lease) -> tuple[Interval | None, Changes]:
        """Return the window, None where only changes were asked for, and what Google told."""
        window = Interval(
            lease.listed_at - timedelta(days=PAST_DAYS),
            lease.listed_at + timedelta(days=self._days),
        )
        if lease.sync_token is not None:
            try:
                told = await self._calendar.changes(lease.calendar_id, lease.sync_token, window)
                return None, told
            except SyncExpired as exc:
                logger.bind(part="mirror", error=str(exc)).info("sync token expired")
        return window, await self._calendar.changes(lease.calendar_id, None, window)

    async def _apply(self, lease: _Lease, window: Interval | None, changes: Changes) -> bool:
        """Write what Google told; False when the lease has been lost."""
        values = {
            "calendar_id": lease.calendar_id,
            "leased_until": lease.leased_until,
            "old": [*changes.gone, *(event.id for event in changes.events)],
        }
        rows = _columns(changes.events, lease.installation)
        state = {
            "sync_token": changes.sync_token,
            "listed_at": lease.listed_at,
            "every": SYNC_EVERY_S,
            "full": window is not None,
            "start": window.start if window else None,
            "end": window.end if window else None,
        }

        async def work(conn: Connection) -> bool:
            if await (await conn.execute(_HELD, values)).fetchone() is None:
                return False
            touched = window is not None or any(rows["busy"])
            if window is not None:
                await conn.execute(_CLEAR, values)
            elif values["old"]:
                removed = await (await conn.execute(_REMOVE, values)).fetchall()
                touched = touched or any(row["busy"] for row in removed)
            if rows["ids"]:
                await conn.execute(_ADD, {**values, **rows})
            await conn.execute(_SYNCED, {**values, **state, "touched": touched})
            return True

        return await self._pool.transaction(work, repeatable=False)

    async def _compare(self, lease: _Lease) -> None:
        """Give the relay what differs from the visits, and remove what has no visit."""
        values = {
            "calendar_id": lease.calendar_id,
            "listed_at": lease.listed_at,
            "recheck": RECHECK_S,
            "limit": ORPHANS_AT_ONCE,
        }
        noticed = await self._pool.write(_NOTICE, values)
        if noticed:
            ids = [row["id"] for row in noticed]
            logger.bind(part="mirror", appointment_ids=ids).info("events differ from their visits")
        try:
            for row in await self._pool.rows(_ORPHANS, values):
                await self._calendar.delete(row["event_id"])
                logger.bind(part="mirror", event=row["event_id"]).warning("orphan event removed")
        except CalendarUnavailable as exc:  # still there at the next comparison
            logger.bind(part="mirror", error=str(exc)).warning("orphan event not removed")

    async def _note_failure(self, lease: _Lease, exc: StoreError) -> None:
        delay_s = min(LONGEST_DELAY_S, FIRST_DELAY_S * 2 ** min(lease.attempts, 10))
        if isinstance(exc, CalendarQuota):
            delay_s = max(delay_s, min(exc.retry_after_s, LONGEST_RETRY_AFTER_S))
        values = {
            "calendar_id": lease.calendar_id,
            "leased_until": lease.leased_until,
            "error": f"{type(exc).__name__}: {exc}"[:500],
            "delay_s": delay_s,
        }
        await self._pool.execute(_FAILED, values)


def _columns(events: Sequence[CalendarEvent], installation: str) -> dict[str, list[Any]]:
    """Turn events into columns; those of our visits do not block, their bays do."""
    timed = [(event, event.interval) for event in events if event.interval is not None]
    ours = [event.belongs_to(installation) for event, _ in timed]
    return {
        "ids": [event.id for event, _ in timed],
        "starts": [interval.start for _, interval in timed],
        "ends": [interval.end for _, interval in timed],
        "busy": [
            event.busy and not own and interval.start < interval.end
            for (event, interval), own in zip(timed, ours, strict=True)
        ],
        "appointments": [
            event.appointment_id if own else None
            for (event, _), own in zip(timed, ours, strict=True)
        ],
        "etags": [event.etag for event, _ in timed],
    }


def _lease(row: Row) -> _Lease:
    return _Lease(
        calendar_id=row["calendar_id"],
        leased_until=row["leased_until"],
        attempts=row["attempts"],
        listed_at=row["listed_at"].astimezone(UTC),
        sync_token=row["sync_token"],
        installation=row["installation"],
    )
