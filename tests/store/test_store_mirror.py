"""Tests of the mirror: what blocks the shop is known without Google, and never made up."""

import asyncio
import math
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from loguru import logger
from store_world import CALENDAR_ID, HOUR, Rows

from sandbox.google import CalendarWorld
from settings import Settings
from shop.shopfile import Bay, Shop, Technician
from shop.types import Busy, Interval
from store import Store, open_store
from store import calendar as calendar_module
from store import calendar_sync as sync_module
from store import mirror as mirror_module
from store.calendar_sync import CalendarSync
from store.errors import CalendarUnavailable
from store.mirror import Mirror

pytestmark = pytest.mark.db

ZONE = ZoneInfo("America/Los_Angeles")
DAY = timedelta(days=1)
NOON = datetime.now(ZONE).replace(hour=12, minute=0, second=0, microsecond=0) + 2 * DAY
"""The mirror's window lies around the present day."""
THAT_DAY = Interval((NOON - 12 * HOUR).astimezone(UTC), (NOON + 11 * HOUR).astimezone(UTC))
NEXT_DAYS = Interval(THAT_DAY.start, THAT_DAY.end + 10 * DAY)


@pytest.fixture(autouse=True)
def _looking_always(monkeypatch: pytest.MonkeyPatch) -> None:
    """What the test does in the database is seen at once."""
    monkeypatch.setattr(mirror_module, "COPY_S", -1.0)
    monkeypatch.setattr(mirror_module, "REST_S", 0.0)


@pytest.fixture
def said() -> Iterator[list[str]]:
    """What was logged."""
    lines: list[str] = []
    sink = logger.add(lines.append, format="{message}")
    yield lines
    logger.remove(sink)


def enter(google: CalendarWorld, hours: float = 0, **fields: object) -> str:
    """Put an hour's entry into the calendar, so long after noon; return its id."""
    start = NOON + hours * HOUR
    made = google.add_event(CALENDAR_ID, start=start, end=start + HOUR, **fields)  # type: ignore[arg-type]  # summary
    return str(made["id"])


def hour(hours: float = 0) -> Busy:
    """Return the hour that `enter` blocks."""
    start = (NOON + hours * HOUR).astimezone(UTC)
    return Busy(Interval(start, start + HOUR), None)


def lists(google: CalendarWorld) -> int:
    """How often Google was asked for a list."""
    return [name for name, _ in google.requests].count("events.list")


def age(rows: Rows, seconds: float) -> None:
    """Let the copy be as old as that."""
    rows("UPDATE calendar_sync SET synced_at = now() - %s * interval '1 s'", seconds)


async def test_what_is_busy_is_known_without_google(store: Store, google: CalendarWorld) -> None:
    """After one sync no question reaches Google; entries come by start."""
    enter(google, 2)
    enter(google)
    await store.mirror.sync_once()
    asked = len(google.requests)
    assert await store.mirror.busy(THAT_DAY) == [hour(), hour(2)]
    assert await store.mirror.busy(Interval(THAT_DAY.start - DAY, THAT_DAY.start)) == []
    assert len(google.requests) == asked
    assert 0 <= store.mirror.staleness_s() < 5
    assert not store.mirror.stale


async def test_changes_are_followed(store: Store, google: CalendarWorld) -> None:
    """New, moved, freed and deleted entries are seen at the next sync, which asks only for them."""
    first, second = enter(google), enter(google, 2)
    await store.mirror.sync_once()
    enter(google, 4)
    google.delete_event(CALENDAR_ID, first)
    later = NOON + 3 * HOUR
    google.change_event(
        CALENDAR_ID,
        second,
        start={"dateTime": later.isoformat()},
        end={"dateTime": (later + HOUR).isoformat()},
    )
    await store.mirror.sync_once()
    assert await store.mirror.busy(THAT_DAY) == [hour(3), hour(4)]
    google.change_event(CALENDAR_ID, second, transparency="transparent")
    await store.mirror.sync_once()
    assert await store.mirror.busy(THAT_DAY) == [hour(4)]
    assert lists(google) == 3


async def test_what_does_not_block(store: Store, google: CalendarWorld) -> None:
    """Entries shown as free, declined ones, places of work and empty ones leave the shop free."""
    enter(google, transparency="transparent")
    enter(google, eventType="workingLocation")
    enter(google, attendees=[{"email": "s@x.example", "self": True, "responseStatus": "declined"}])
    google.add_event(CALENDAR_ID, start=NOON, end=NOON)
    await store.mirror.sync_once()
    assert await store.mirror.busy(THAT_DAY) == []


async def test_an_entry_for_a_day_blocks_the_shops_day(store: Store, google: CalendarWorld) -> None:
    """All-day means midnight to midnight where the shop is, on every day of it."""
    day = NOON.date()
    google.add_event(CALENDAR_ID, start=day, end=day + 3 * DAY)
    await store.mirror.sync_once()
    (busy,) = await store.mirror.busy(Interval(THAT_DAY.start + DAY, THAT_DAY.end + DAY))
    assert busy.interval.start.astimezone(ZONE) == datetime.combine(day, datetime.min.time(), ZONE)
    assert busy.interval.end.astimezone(ZONE).date() == day + 3 * DAY


async def test_recurring_entries_block_each_time(store: Store, google: CalendarWorld) -> None:
    """Every occurrence blocks; one that is deleted or moved by itself does so by itself."""
    series = enter(google, recurrence=["RRULE:FREQ=DAILY;COUNT=4"])
    await store.mirror.sync_once()
    assert len(await store.mirror.busy(NEXT_DAYS)) == 4
    second = (NOON + DAY).astimezone(UTC)
    google.delete_event(CALENDAR_ID, f"{series}_{second:%Y%m%dT%H%M%SZ}")
    await store.mirror.sync_once()
    found = await store.mirror.busy(NEXT_DAYS)
    assert len(found) == 3
    assert second not in [one.interval.start for one in found]
    google.delete_event(CALENDAR_ID, series)
    await store.mirror.sync_once()
    assert await store.mirror.busy(NEXT_DAYS) == []


async def test_an_expired_token_means_a_full_list(store: Store, google: CalendarWorld) -> None:
    """After 410 everything is listed again, and what went meanwhile is gone."""
    first = enter(google)
    await store.mirror.sync_once()
    google.delete_event(CALENDAR_ID, first)
    enter(google, 2)
    google.expire_sync_tokens()
    await store.mirror.sync_once()
    assert await store.mirror.busy(THAT_DAY) == [hour(2)]
    assert google.requests[-2:] == [("events.list", 410), ("events.list", 200)]


async def test_long_lists_come_in_pages(
    store: Store, google: CalendarWorld, monkeypatch: pytest.MonkeyPatch
) -> None:
    """All pages make one copy."""
    monkeypatch.setattr(calendar_module, "PAGE_SIZE", 2)
    for n in range(5):
        enter(google, n)
    await store.mirror.sync_once()
    assert await store.mirror.busy(THAT_DAY) == [hour(n) for n in range(5)]
    assert lists(google) == 3


async def test_an_old_copy_makes_google_be_asked(
    store: Store, google: CalendarWorld, rows: Rows
) -> None:
    """Older than the limit, the copy is renewed first; many callers ask once."""
    await store.mirror.sync_once()
    enter(google)
    age(rows, mirror_module.FRESH_S + 1)
    asked = lists(google)
    answers = await asyncio.gather(*(store.mirror.busy(THAT_DAY) for _ in range(5)))
    assert answers == [[hour()]] * 5
    assert lists(google) == asked + 1
    assert not store.mirror.stale


async def test_with_google_down_it_says_what_it_knows(
    store: Store, google: CalendarWorld, rows: Rows, said: list[str]
) -> None:
    """A copy of some minutes answers, and is known to be old."""
    enter(google)
    await store.mirror.sync_once()
    age(rows, 120)
    google.fail_next(503, times=100)
    assert await store.mirror.busy(THAT_DAY) == [hour()]
    assert 115 < store.mirror.staleness_s() < 130
    assert "answered from memory\n" in said


async def test_a_copy_too_old_is_no_answer(store: Store, google: CalendarWorld, rows: Rows) -> None:
    """Beyond the longer limit nothing is made up; when Google is back it answers."""
    enter(google)
    await store.mirror.sync_once()
    age(rows, mirror_module.USABLE_S + 1)
    google.fail_next(503, times=2)
    for _ in range(2):
        with pytest.raises(CalendarUnavailable):
            await store.mirror.busy(THAT_DAY)
    assert await store.mirror.busy(THAT_DAY) == [hour()]


async def test_nothing_known_and_google_down_is_unavailable(
    store: Store, google: CalendarWorld
) -> None:
    """Before the first sync Google is asked directly, and its failure told."""
    assert store.mirror.staleness_s() == math.inf
    google.fail_next(500)
    with pytest.raises(CalendarUnavailable):
        await store.mirror.busy(THAT_DAY)
    enter(google)
    assert await store.mirror.busy(THAT_DAY) == [hour()]


async def test_a_hanging_google_holds_a_caller_for_a_moment_only(
    store: Store, google: CalendarWorld, rows: Rows, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The wait has a limit; after it the old copy answers, and the next callers do not wait."""
    monkeypatch.setattr(mirror_module, "ASK_LIMIT_S", 0.1)
    monkeypatch.setattr(mirror_module, "REST_S", 60.0)
    enter(google)
    await store.mirror.sync_once()
    age(rows, 60)
    google.hang_next(0.5)
    assert await store.mirror.busy(THAT_DAY) == [hour()]
    asked = google.faults[:], len(google.requests)
    assert await store.mirror.busy(THAT_DAY) == [hour()]
    assert (google.faults, len(google.requests)) == asked
    await store.mirror.close()


async def test_beyond_the_window_google_is_asked(store: Store, google: CalendarWorld) -> None:
    """What the copy does not reach is no free time."""
    await store.mirror.sync_once()
    start = NOON + 400 * DAY
    google.add_event(CALENDAR_ID, start=start, end=start + HOUR)
    found = await store.mirror.busy(Interval(start - HOUR, start + 2 * HOUR))
    assert [one.interval.start for one in found] == [start]


async def test_one_of_many_asks_google(store: Store, google: CalendarWorld, shop: Shop) -> None:
    """Mirrors side by side share one list, and all know its answer."""
    others = [Mirror(store.pool, store.calendar, {CALENDAR_ID: None}, 90) for _ in range(4)]
    enter(google)
    await store.mirror.sync_once()
    stop = asyncio.Event()
    asked = lists(google)
    running = [asyncio.create_task(one.run_forever(stop)) for one in others]
    async with asyncio.timeout(10):
        for one in others:
            while one.staleness_s() == math.inf:  # noqa: ASYNC110 - a copy has no event
                await asyncio.sleep(0.01)
            assert await one.busy(THAT_DAY) == [hour()]
    stop.set()
    await asyncio.gather(*running)
    assert lists(google) <= asked + 1


async def test_a_sync_that_lost_its_lease_changes_nothing(
    store: Store, google: CalendarWorld, rows: Rows
) -> None:
    """What was asked under a lease that ran out is thrown away."""
    await store.mirror.sync_once()
    enter(google)
    google.hang_next(0.3, operation="events.list")
    late = asyncio.create_task(store.mirror.sync_once())
    async with asyncio.timeout(5):
        while google.faults:  # noqa: ASYNC110 - taken when the request arrives
            await asyncio.sleep(0.01)
    rows("UPDATE calendar_sync SET leased_until = now() + interval '1 min'")
    await late
    assert rows("SELECT count(*) FROM calendar_events") == [(0,)]


async def test_a_lease_left_by_a_crash_runs_out(
    store: Store, google: CalendarWorld, rows: Rows
) -> None:
    """What a killed process was copying is copied by the next; until then Google is asked."""
    await store.mirror.sync_once()
    age(rows, 60)
    rows("UPDATE calendar_sync SET leased_until = clock_timestamp() + interval '0.3 s'")
    enter(google)
    assert await store.mirror.busy(THAT_DAY) == [hour()]
    assert rows("SELECT count(*) FROM calendar_events") == [(0,)]
    async with asyncio.timeout(10):
        while not rows("SELECT 1 FROM calendar_events"):
            await store.mirror.sync_once()
            await asyncio.sleep(0.05)


async def test_own_calendars_block_their_own(
    store: Store, google: CalendarWorld, settings: Settings, shop: Shop
) -> None:
    """Entries of a bay's or a technician's calendar take these alone, from Google and the copy."""
    bay, person = "bay2@bayline.example", "rosa@bayline.example"
    for one in (bay, person):
        google.calendars[one] = type(google.calendar(CALENDAR_ID))(one, one, ZONE)
    bays = (Bay(name="Pit"), Bay(name="Lift", calendar_id=bay))
    crew = (Technician(name="Rosa", calendar_id=person),)
    shop = shop.model_copy(update={"bay_list": bays, "technicians": crew})
    enter(google)
    google.add_event(bay, start=NOON, end=NOON + HOUR)
    google.add_event(person, start=NOON, end=NOON + HOUR)
    wanted = {hour(), Busy(hour().interval, 2), Busy(hour().interval, None, "Rosa")}
    async with open_store(settings, shop) as opened:
        mirror = opened.mirror
        assert set(await mirror.busy(THAT_DAY)) == wanted
        await mirror.sync_once()
        asked = len(google.requests)
        assert set(await mirror.busy(THAT_DAY)) == wanted
        assert len(google.requests) == asked


async def test_the_window_moves_on(
    store: Store, google: CalendarWorld, rows: Rows, monkeypatch: pytest.MonkeyPatch
) -> None:
    """After some hours everything is listed afresh, although the token is good."""
    await store.mirror.sync_once()
    rows("UPDATE calendar_sync SET window_end = now(), full_at = now() - interval '1 day'")
    await store.mirror.sync_once()
    days = rows("SELECT extract(day FROM window_end - now())::int FROM calendar_sync")[0][0]
    assert days >= 90 + sync_module.SPARE_DAYS - 1


async def test_failures_are_spaced_and_noted(
    store: Store, google: CalendarWorld, rows: Rows
) -> None:
    """After a refusal the next try waits as long as Google asks, for every process."""
    sync = CalendarSync(store.pool, store.calendar, [CALENDAR_ID], 90)
    google.fail_next(429, "rateLimitExceeded", retry_after_s=20)
    with pytest.raises(CalendarUnavailable):
        await sync.run_once()
    assert await sync.run_once() == 0
    ((wait, error),) = rows(
        "SELECT extract(epoch FROM next_at - now())::float, last_error FROM calendar_sync"
    )
    assert 15 < wait <= 20
    assert error.startswith("CalendarQuota")
    assert await sync.run_once(at_once=True) == 1
