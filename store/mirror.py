"""When people's own calendar entries block the shop, answered without asking Google.

PostgreSQL holds a copy of the calendars (`store.calendar_sync` keeps it fresh); each process holds
the busy part of that copy in memory, so that a caller's question costs no round trip at all.
"""

import asyncio
import math
import time
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime

from loguru import logger

from shop.types import Busy, Interval
from store.calendar import Calendar
from store.calendar_sync import CalendarSync
from store.errors import CalendarUnavailable, StoreError
from store.pool import Pool, Row

FRESH_S = 15.0
"""Up to this age the copy answers alone: five syncs, so that a slow one is no reason to ask."""
USABLE_S = 15 * 60.0
"""With Google down, the copy answers up to this age. People seldom change today's calendar, and an
outage shorter than that should not stop bookings; a longer one might hide a morning's entries."""
POLL_S = 1.0
"""How often a process looks for a newer copy; one row by its key."""
COPY_S = 2.5
"""A copy in memory not looked after for so long is looked at before it answers."""
ASK_LIMIT_S = 3.0
"""How long a caller waits for Google when the copy is too old."""
REST_S = 10.0
"""How long Google is left alone after it failed a caller, while the copy is usable."""
DATABASE_PAUSE_S = 2.0

_STATE = """
SELECT count(*) AS known, coalesce(sum(version), 0)::bigint AS version,
    extract(epoch FROM clock_timestamp() - min(synced_at))::float8 AS age_s,
    bool_and(synced_at IS NOT NULL) AS complete,
    max(window_start) AS window_start, min(window_end) AS window_end
FROM calendar_sync WHERE calendar_id = ANY(%(ids)s)
"""
_BUSY = """
SELECT calendar_id, starts_at, ends_at FROM calendar_events
WHERE calendar_id = ANY(%(ids)s) AND busy ORDER BY starts_at
"""
_INSTALLATION = "SELECT id FROM calendar_installation"


@dataclass(frozen=True, slots=True)
class _Copy:
    """What is busy by UTC day, as of `synced_at_s` on this process's monotonic clock."""

    version: int
    window: Interval
    days: Mapping[int, tuple[Busy, ...]]
    synced_at_s: float
    looked_at_s: float

    def busy(self, interval: Interval) -> list[Busy]:
        """Return what touches `interval`, by start."""
        found: dict[Busy, None] = {}
        for day in _days(interval):
            for one in self.days.get(day, ()):
                if one.interval.overlaps(interval):
                    found[one] = None
        return list(found)


class Mirror:
    """The calendars' busy times, from memory, PostgreSQL or Google, whichever is due.

    `calendars` says for each calendar which bay (its number) or technician (the name) its entries
    block, None for the whole shop. The first is the shop's own, where the events of visits are.
    """

    def __init__(
        self,
        pool: Pool,
        calendar: Calendar,
        calendars: Mapping[str, int | str | None],
        horizon_days: int,
    ) -> None:
        self._pool = pool
        self._calendar = calendar
        self._blocked = dict(calendars)
        self._sync = CalendarSync(pool, calendar, list(calendars), horizon_days)
        self._copy: _Copy | None = None
        self._wake = asyncio.Event()
        self._asking: asyncio.Task[None] | None = None
        self._rest_until_s = 0.0
        self._opened_at_s = time.monotonic()

    async def busy(self, interval: Interval) -> list[Busy]:
        """Return when people's own entries block the shop, a bay or a technician, by start.

        Events of our visits are left out (the database knows their bays), as is whatever is shown
        as "free". An entry for a day counts from midnight to midnight of the shop.

        Raises CalendarUnavailable when nothing recent enough is known and Google does not answer,
        DatabaseUnavailable when the copy cannot be read.
        """
        copy = await self._current()
        if copy is None or not _covers(copy.window, interval):
            return await self._ask_directly(interval)
        if self.staleness_s() <= FRESH_S:
            return copy.busy(interval)
        usable = self.staleness_s() <= USABLE_S
        if not usable or time.monotonic() >= self._rest_until_s:
            try:
                return await self._ask(interval)
            except CalendarUnavailable:
                self._rest_until_s = time.monotonic() + REST_S
                if not usable:
                    raise
        logger.bind(part="mirror", age_s=round(self.staleness_s())).warning("answered from memory")
        return copy.busy(interval)

    def staleness_s(self) -> float:
        """Return how old the copy is, in seconds; infinite when there is none."""
        return math.inf if self._copy is None else time.monotonic() - self._copy.synced_at_s

    @property
    def stale(self) -> bool:
        """Say whether the copy is too old to answer alone, but for the moment after the start."""
        age_s = min(self.staleness_s(), time.monotonic() - self._opened_at_s)
        return age_s > FRESH_S

    def wake(self) -> None:
        """Make `run_forever` look at Google at once."""
        self._wake.set()

    async def sync_once(self) -> None:
        """Copy what changed at Google now, unless another process is at it.

        Raises CalendarUnavailable, DatabaseUnavailable.
        """
        await self._sync.run_once(at_once=True)
        await self._look()

    async def run_forever(self, stop: asyncio.Event) -> None:
        """Keep the copies fresh until `stop` is set; no failure ends it."""
        while not stop.is_set():
            pause_s = POLL_S
            try:
                await self._sync.run_once(at_once=self._wake.is_set())
            except CalendarUnavailable as exc:
                logger.bind(part="mirror", error=str(exc)).warning("calendar not copied")
            except StoreError as exc:
                logger.bind(part="mirror", error=str(exc)).warning("mirror waits")
                pause_s = DATABASE_PAUSE_S
            except Exception:  # a bug: the copy grows old, which is noticed, and the loop goes on
                logger.exception("calendar not copied")
            self._wake.clear()
            try:
                await self._look()
            except StoreError:
                pause_s = DATABASE_PAUSE_S
            await _either(stop, self._wake, pause_s)

    async def close(self) -> None:
        """Wait for a question to Google that has begun."""
        if self._asking is not None:
            await asyncio.gather(self._asking, return_exceptions=True)

    async def _current(self) -> _Copy | None:
        if self._copy is None or time.monotonic() - self._copy.looked_at_s > COPY_S:
            await self._look()
        return self._copy

    async def _look(self) -> None:
        """Renew the copy in memory from PostgreSQL."""
        asked_at_s = time.monotonic()
        ids = {"ids": list(self._blocked)}
        state = await self._pool.row(_STATE, ids)
        if state is None or state["known"] < len(self._blocked) or not state["complete"]:
            self._copy = None
            return
        old, version = self._copy, state["version"]
        if old is not None and old.version == version:
            days = old.days
        else:
            days = _by_day(
                [
                    _busy(
                        _interval(row["starts_at"], row["ends_at"]),
                        self._blocked[row["calendar_id"]],
                    )
                    for row in await self._pool.rows(_BUSY, ids)
                ]
            )
        window = _interval(state["window_start"], state["window_end"])
        self._copy = _Copy(version, window, days, asked_at_s - state["age_s"], asked_at_s)

    async def _ask(self, interval: Interval) -> list[Busy]:
        """Renew the copy from Google and answer from it; many callers ask once."""
        if self._asking is None or self._asking.done():
            self._asking = asyncio.create_task(self.sync_once(), name="calendar-asked")
            self._asking.add_done_callback(_seen)
        try:
            async with asyncio.timeout(ASK_LIMIT_S):
                await asyncio.shield(self._asking)
        except TimeoutError as exc:
            raise CalendarUnavailable(f"no answer from Google within {ASK_LIMIT_S} s") from exc
        copy = self._copy
        if copy is not None and self.staleness_s() <= FRESH_S and _covers(copy.window, interval):
            return copy.busy(interval)
        return await self._ask_directly(interval)  # another process is still copying

    async def _ask_directly(self, interval: Interval) -> list[Busy]:
        """Ask Google about this stretch alone: it lies outside of the copy, or there is none."""
        row: Row | None = await self._pool.row(_INSTALLATION, {})
        installation = row["id"] if row else ""
        try:
            async with asyncio.timeout(ASK_LIMIT_S):
                lists = await asyncio.gather(
                    *(self._calendar.events(interval, calendar_id) for calendar_id in self._blocked)
                )
        except TimeoutError as exc:
            raise CalendarUnavailable(f"no answer from Google within {ASK_LIMIT_S} s") from exc
        found = [
            _busy(event.interval, blocked)
            for blocked, events in zip(self._blocked.values(), lists, strict=True)
            for event in events
            if event.busy and event.interval and not event.belongs_to(installation)
        ]
        return sorted(
            (one for one in found if one.interval.overlaps(interval)),
            key=lambda one: one.interval.start,
        )


def _busy(interval: Interval, blocked: int | str | None) -> Busy:
    if isinstance(blocked, str):
        return Busy(interval, None, blocked)
    return Busy(interval, blocked)


def _by_day(found: list[Busy]) -> dict[int, tuple[Busy, ...]]:
    days: dict[int, list[Busy]] = {}
    for one in found:
        for day in _days(one.interval):
            days.setdefault(day, []).append(one)
    return {day: tuple(some) for day, some in days.items()}


def _days(interval: Interval) -> range:
    first, last = (at.astimezone(UTC).toordinal() for at in (interval.start, interval.end))
    return range(first, last + 1)


def _covers(window: Interval, interval: Interval) -> bool:
    return window.start <= interval.start and interval.end <= window.end


def _interval(start: datetime, end: datetime) -> Interval:
    return Interval(start.astimezone(UTC), end.astimezone(UTC))


def _seen(task: "asyncio.Task[None]") -> None:
    if not task.cancelled():
        task.exception()  # whoever waited has it; nobody waiting is no news


async def _either(stop: asyncio.Event, wake: asyncio.Event, timeout_s: float) -> None:
    waits = [asyncio.create_task(stop.wait()), asyncio.create_task(wake.wait())]
    try:
        await asyncio.wait(waits, timeout=timeout_s, return_when=asyncio.FIRST_COMPLETED)
    finally:
        for task in waits:
            task.cancel()
        await asyncio.gather(*waits, return_exceptions=True)
