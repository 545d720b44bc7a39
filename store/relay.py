"""Bringing the calendar to what the appointments say: a lease, Google's answer, a note of it."""

import asyncio
import contextlib
import random
import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Protocol

from loguru import logger

from shop.types import Interval
from store.calendar import EventDraft
from store.errors import CalendarTimeout, StoreError
from store.pool import Pool, Row

BATCH = 4
"""Events written side by side; Google dislikes bursts on one calendar."""
POLL_S = 1.0
LEASE_S = 30
"""Longer than any write may still be under way after we stopped waiting for it."""
FIRST_DELAY_S = 1.0
LONGEST_DELAY_S = 30.0
"""Within a minute of Google's return everything due has been tried again."""
SYNC_POLL_S = 0.1
DATABASE_PAUSE_S = 2.0

_TAKE = """
UPDATE calendar_outbox AS box SET leased_until = clock_timestamp() + %(lease)s * interval '1 s'
FROM (
    SELECT appointment_id FROM calendar_outbox
    WHERE synced < generation AND (leased_until IS NULL OR leased_until < clock_timestamp())
      AND (next_attempt_at <= clock_timestamp() OR appointment_id = %(only)s)
      AND (%(only)s::bigint IS NULL OR appointment_id = %(only)s)
    ORDER BY next_attempt_at LIMIT %(limit)s FOR UPDATE SKIP LOCKED
) AS due
WHERE box.appointment_id = due.appointment_id
RETURNING box.appointment_id, box.generation, box.attempts, box.event_id, box.leased_until
"""
_STATE = """
SELECT a.id, a.status, a.scheduled_at, a.ends_at, a.service_type, a.bay, a.notes, a.calendar_key,
       a.calendar_event_id, a.calendar_link, c.first_name, c.last_name, c.phone, c.email,
       v.year, v.make, v.model, v.license_plate
FROM appointments a
JOIN customers c ON c.id = a.customer_id
LEFT JOIN vehicles v ON v.id = a.vehicle_id
WHERE a.id = %(id)s
"""
# Only whoever still holds the lease may say what became of it.
_DONE = """
WITH box AS (
    UPDATE calendar_outbox
    SET synced = %(generation)s, leased_until = NULL, attempts = 0, last_error = NULL
    WHERE appointment_id = %(id)s AND leased_until = %(leased_until)s
    RETURNING appointment_id
)
UPDATE appointments SET calendar_event_id = coalesce(%(event_id)s, calendar_event_id),
    calendar_link = %(link)s
FROM box WHERE id = box.appointment_id
"""
_GONE = """
DELETE FROM calendar_outbox WHERE appointment_id = %(id)s AND leased_until = %(leased_until)s
    AND generation = %(generation)s
"""
_FAILED = """
UPDATE calendar_outbox
SET attempts = attempts + 1, last_error = %(error)s,
    leased_until = CASE WHEN %(keep)s THEN leased_until END,
    next_attempt_at = clock_timestamp() + %(delay_s)s * interval '1 s'
WHERE appointment_id = %(id)s AND leased_until = %(leased_until)s
"""
_LINK = """
SELECT a.calendar_link, box.synced >= box.generation AS settled
FROM appointments a LEFT JOIN calendar_outbox box ON box.appointment_id = a.id
WHERE a.id = %(id)s
"""
_WAITING = """
SELECT count(*) AS waiting,
    coalesce(extract(epoch FROM max(clock_timestamp() - next_attempt_at)), 0) AS oldest_s
FROM calendar_outbox WHERE synced < generation
"""

_EVENT_ID = re.compile(r"[a-v0-9]{5,1024}")


class EventWriter(Protocol):
    """What the relay needs of a calendar."""

    async def put(self, draft: EventDraft) -> str | None:
        """Make the event be as drafted and return its link."""

    async def delete(self, event_id: str) -> None:
        """Remove the event; one that is not there is fine."""


@dataclass(frozen=True, slots=True)
class _Lease:
    id: int
    generation: int
    attempts: int
    event_id: str | None
    leased_until: datetime


class Relay:
    """Writes to the calendar what `calendar_outbox` says it has not been told.

    Any number may run. No transaction is open while Google is asked; one that crashes leaves its
    lease to run out, and the next writes the same event under the same id.
    """

    def __init__(self, pool: Pool, calendar: EventWriter, service_names: Mapping[str, str]) -> None:
        self._pool = pool
        self._calendar = calendar
        self._names = service_names
        self._wake = asyncio.Event()
        self._running: dict[int, asyncio.Task[str | None]] = {}

    def wake(self) -> None:
        """Make `run_forever` look at once."""
        self._wake.set()

    async def run_forever(self, stop: asyncio.Event) -> None:
        """Bring the calendar up to date until `stop` is set; no failure ends it."""
        while not stop.is_set():
            pause_s = POLL_S
            try:
                if await self.run_once():
                    continue
            except StoreError as exc:
                logger.bind(part="relay", error=str(exc)).warning("relay waits")
                pause_s = DATABASE_PAUSE_S
            self._wake.clear()
            await _first(stop, self._wake, pause_s)

    async def run_once(self) -> int:
        """Try everything that is due once; return how much was. Raises DatabaseUnavailable."""
        due = await self._take(None, BATCH)
        await asyncio.gather(*(self._task(lease) for lease in due))
        return len(due)

    async def sync_now(self, appointment_id: int, timeout_s: float) -> str | None:
        """Write one appointment's event now; return its link, None if that takes too long.

        The write goes on when the wait is over or cancelled. Never raises: the appointment stands
        whatever Google does, and the relay tries again.
        """
        try:
            async with asyncio.timeout(timeout_s):
                for lease in await self._take(appointment_id, 1):
                    self._task(lease)
                return await self._link(appointment_id)
        except TimeoutError:
            return None
        except StoreError as exc:
            logger.bind(part="relay", error=str(exc)).warning("link not known yet")
            return None

    async def close(self) -> None:
        """Wait for writes that have begun."""
        await asyncio.gather(*self._running.values(), return_exceptions=True)

    async def waiting(self) -> tuple[int, float]:
        """Return how many events are behind, and for how many seconds the oldest is overdue."""
        row = await self._pool.row(_WAITING, {})
        return (row["waiting"], max(0.0, float(row["oldest_s"]))) if row else (0, 0.0)

    async def _take(self, only: int | None, limit: int) -> list[_Lease]:
        values = {"lease": LEASE_S, "only": only, "limit": limit}
        return [_lease(row) for row in await self._pool.write(_TAKE, values)]

    def _task(self, lease: _Lease) -> "asyncio.Task[str | None]":
        task = asyncio.create_task(self._write(lease), name=f"calendar-{lease.id}")
        self._running[lease.id] = task

        def forget(done: "asyncio.Task[str | None]") -> None:
            if self._running.get(lease.id) is done:
                del self._running[lease.id]

        task.add_done_callback(forget)
        return task

    async def _link(self, appointment_id: int) -> str | None:
        while True:
            task = self._running.get(appointment_id)
            if task is not None:
                return await asyncio.shield(task)
            row = await self._pool.row(_LINK, {"id": appointment_id})
            if row is None or row["settled"] or row["settled"] is None:
                link: str | None = row["calendar_link"] if row else None
                return link
            await asyncio.sleep(SYNC_POLL_S)  # another server is writing it

    async def _write(self, lease: _Lease) -> str | None:
        """Bring one event to the appointment's current state; failures are noted, not raised."""
        log = logger.bind(part="relay", appointment_id=lease.id)
        try:
            link = await self._bring(lease)
        except StoreError as exc:
            log.bind(error=str(exc), attempts=lease.attempts + 1).warning("calendar not written")
            await self._note_failure(lease, exc)
            return None
        except Exception as exc:  # a bug, of which the other events must not suffer
            log.exception("calendar not written")
            await self._note_failure(lease, exc)
            return None
        log.info("calendar written")
        return link

    async def _note_failure(self, lease: _Lease, exc: Exception) -> None:
        delay_s = min(LONGEST_DELAY_S, FIRST_DELAY_S * 2 ** min(lease.attempts, 10))
        values = {
            "id": lease.id,
            "leased_until": lease.leased_until,
            "error": f"{type(exc).__name__}: {exc}"[:500],
            # After a time-out the write may still happen: nobody else may write before then.
            "keep": isinstance(exc, CalendarTimeout),
            "delay_s": delay_s * random.uniform(0.5, 1.0),
        }
        with contextlib.suppress(StoreError):  # then the lease runs out by itself
            await self._pool.execute(_FAILED, values)

    async def _bring(self, lease: _Lease) -> str | None:
        mine = {"id": lease.id, "leased_until": lease.leased_until, "generation": lease.generation}
        row = await self._pool.row(_STATE, {"id": lease.id})
        if row is None:
            if lease.event_id is not None:
                await self._calendar.delete(lease.event_id)
            await self._pool.execute(_GONE, mine)
            return None
        event_id, known = _event_id(row)
        link: str | None = row["calendar_link"]
        if row["status"] == "cancelled":
            await self._calendar.delete(event_id)
            link = None
        elif row["status"] in ("scheduled", "confirmed"):
            link = await self._calendar.put(self._draft(row, event_id, known))
        else:  # over: the calendar keeps what was
            event_id = row["calendar_event_id"]
        await self._pool.execute(_DONE, {**mine, "event_id": event_id, "link": link})
        return link

    def _draft(self, row: Row, event_id: str, known: bool) -> EventDraft:
        service = self._names.get(row["service_type"], row["service_type"].replace("_", " "))
        who = f"{row['first_name']} {row['last_name']}".strip()
        car = " ".join(str(row[part]) for part in ("year", "make", "model") if row[part])
        lines = [
            f"Phone: {row['phone']}",
            f"Plate: {row['license_plate']}" if row["license_plate"] else "",
            f"Bay: {row['bay']}",
            f"Notes: {row['notes']}" if row["notes"] else "",
        ]
        return EventDraft(
            event_id=event_id,
            appointment_id=row["id"],
            interval=Interval(row["scheduled_at"].astimezone(UTC), row["ends_at"].astimezone(UTC)),
            title=", ".join(part for part in (f"{service.capitalize()}: {who}", car) if part),
            description="\n".join(line for line in lines if line),
            attendee=row["email"],
            known=known,
        )


def _event_id(row: Row) -> tuple[str, bool]:
    """Return the event's id and whether the calendar had it before."""
    written: str | None = row["calendar_event_id"]
    if written is not None and _EVENT_ID.fullmatch(written):
        return written, True
    return str(row["calendar_key"]), False


def _lease(row: Row) -> _Lease:
    return _Lease(
        row["appointment_id"],
        row["generation"],
        row["attempts"],
        row["event_id"],
        row["leased_until"],
    )


async def _first(stop: asyncio.Event, wake: asyncio.Event, timeout_s: float) -> None:
    waits = [asyncio.create_task(stop.wait()), asyncio.create_task(wake.wait())]
    try:
        await asyncio.wait(waits, timeout=timeout_s, return_when=asyncio.FIRST_COMPLETED)
    finally:
        for task in waits:
            task.cancel()
        await asyncio.gather(*waits, return_exceptions=True)
