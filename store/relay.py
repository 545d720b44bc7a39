"""Which events are due and who deals with them: leases, repeats, back-off, a caller who waits."""

import asyncio
import contextlib
import random
import time
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from loguru import logger

from store.errors import CalendarQuota, CalendarTimeout, StoreError
from store.pool import Pool, Row
from store.visit_event import Events, VisitEvents

BATCH = 4
"""Events written side by side; Google dislikes bursts on one calendar."""
POLL_S = 1.0
WRITE_LIMIT_S = 16.0
"""For one event, with looking, writing, and looking again when it changed in our hands."""
LEASE_S = 30
"""Longer than the limit and the longest write that may still be under way after it."""
FIRST_DELAY_S = 1.0
LONGEST_DELAY_S = 30.0
"""Within a minute of Google's return everything due has been tried again."""
LONGEST_RETRY_AFTER_S = 45.0
"""Google may ask for more patience than that minute; it gets this much."""
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
RETURNING box.appointment_id, box.attempts, box.leased_until
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


@dataclass(frozen=True, slots=True)
class _Lease:
    id: int
    attempts: int
    leased_until: datetime


class Relay:
    """Settles every event that `calendar_outbox` says is due, however it came to be so.

    Any number may run. No transaction is open while Google is asked; one that crashes leaves its
    lease to run out, and the next writes the same event under the same id.
    """

    def __init__(self, pool: Pool, calendar: Events, service_names: Mapping[str, str]) -> None:
        self._pool = pool
        self._events = VisitEvents(pool, calendar, service_names)
        self._quiet_until_s = 0.0
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
        if time.monotonic() < self._quiet_until_s:
            return 0
        due = await self._take(None, BATCH)
        await asyncio.gather(*(self._task(lease) for lease in due))
        return len(due)

    async def sync_now(self, appointment_id: int, timeout_s: float) -> str | None:
        """Write one appointment's event now; return its link, None if that takes too long.

        The write goes on when the wait is over or cancelled. Never raises: the appointment stands
        whatever Google does, and the relay tries again.
        """
        if time.monotonic() < self._quiet_until_s:
            return None
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
            link = await self._settle(lease)
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

    async def _settle(self, lease: _Lease) -> str | None:
        try:
            async with asyncio.timeout(WRITE_LIMIT_S):
                return await self._events.settle(lease.id, lease.leased_until)
        except TimeoutError as exc:
            raise CalendarTimeout(f"not done within {WRITE_LIMIT_S} s") from exc

    async def _note_failure(self, lease: _Lease, exc: Exception) -> None:
        delay_s = min(LONGEST_DELAY_S, FIRST_DELAY_S * 2 ** min(lease.attempts, 10))
        delay_s *= random.uniform(0.5, 1.0)
        if isinstance(exc, CalendarQuota):
            # The quota is the account's, not this event's: everything else would be refused too.
            delay_s = max(delay_s, min(exc.retry_after_s, LONGEST_RETRY_AFTER_S))
            self._quiet_until_s = time.monotonic() + delay_s
        values = {
            "id": lease.id,
            "leased_until": lease.leased_until,
            "error": f"{type(exc).__name__}: {exc}"[:500],
            # After a time-out the write may still happen: nobody else may write before then.
            "keep": isinstance(exc, CalendarTimeout),
            "delay_s": delay_s,
        }
        with contextlib.suppress(StoreError):  # then the lease runs out by itself
            await self._pool.execute(_FAILED, values)


def _lease(row: Row) -> _Lease:
    return _Lease(row["appointment_id"], row["attempts"], row["leased_until"])


async def _first(stop: asyncio.Event, wake: asyncio.Event, timeout_s: float) -> None:
    waits = [asyncio.create_task(stop.wait()), asyncio.create_task(wake.wait())]
    try:
        await asyncio.wait(waits, timeout=timeout_s, return_when=asyncio.FIRST_COMPLETED)
    finally:
        for task in waits:
            task.cancel()
        await asyncio.gather(*waits, return_exceptions=True)
