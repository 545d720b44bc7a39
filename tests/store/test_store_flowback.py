"""Tests of what people do to the events of visits: the visit follows, or the event comes back."""

import asyncio
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from loguru import logger
from store_world import CALENDAR_ID, HOUR, Caller, Rows

from sandbox.google import CalendarWorld
from shop.types import Appointment
from store import Store
from store import calendar_sync as sync_module
from store import relay as relay_module
from store.appointments import NewAppointment

pytestmark = pytest.mark.db

NOON = datetime.now(UTC).replace(hour=20, minute=0, second=0, microsecond=0) + timedelta(days=2)


@pytest.fixture(autouse=True)
def _hasty(monkeypatch: pytest.MonkeyPatch) -> None:
    """Back-off short enough for a test."""
    monkeypatch.setattr(relay_module, "FIRST_DELAY_S", 0.01)
    monkeypatch.setattr(relay_module, "LONGEST_DELAY_S", 0.05)
    monkeypatch.setattr(relay_module, "LEASE_S", 1)
    monkeypatch.setattr(sync_module, "RECHECK_S", 0)


@pytest.fixture
def said() -> Iterator[list[str]]:
    """What was logged."""
    lines: list[str] = []
    sink = logger.add(lines.append, format="{level} {message}")
    yield lines
    logger.remove(sink)


async def book(store: Store, caller: Caller, hours: int = 0) -> Appointment:
    """Book an oil change so many hours after noon, and let its event be written."""
    visit = await store.appointments.book(
        NewAppointment(caller.customer.id, None, "oil_change", NOON + hours * HOUR, 60)
    )
    await settle(store)
    return await store.appointments.get(visit.id)


async def settle(store: Store) -> None:
    """Write and copy until the copy shows what was written and nothing is behind."""
    async with asyncio.timeout(30):
        while True:
            while (await store.relay.waiting())[0]:
                if not await store.relay.run_once():
                    await asyncio.sleep(0.02)
            await store.mirror.sync_once()
            if not (await store.relay.waiting())[0]:
                return


def move(google: CalendarWorld, visit: Appointment, hours: float, length: float = 1) -> None:
    """Drag a visit's event to so many hours after noon, as people do."""
    start = NOON + hours * HOUR
    google.change_event(
        CALENDAR_ID,
        str(visit.calendar_event_id),
        start={"dateTime": start.isoformat()},
        end={"dateTime": (start + length * HOUR).isoformat()},
    )


def shown(google: CalendarWorld) -> list[tuple[str, datetime]]:
    """What the calendar shows of visits: event ids and starts."""
    return sorted(
        (event["id"], datetime.fromisoformat(event["start"]["dateTime"]))
        for event in google.events(CALENDAR_ID)
        if "extendedProperties" in event
    )


def wanted(rows: Rows) -> list[Any]:
    """What the database says the calendar should show."""
    return rows(
        "SELECT calendar_event_id, scheduled_at FROM appointments"
        " WHERE status IN ('scheduled', 'confirmed') ORDER BY 1"
    )


def conflicts(rows: Rows) -> list[Any]:
    """What people wanted and did not get."""
    return rows("SELECT appointment_id, kind FROM calendar_conflicts ORDER BY id")


def writes(google: CalendarWorld) -> int:
    """How often something was written at Google over the API."""
    return sum(name in ("events.insert", "events.patch") for name, _ in google.requests)


async def test_our_own_writes_are_no_news(
    store: Store, dana: Caller, google: CalendarWorld, rows: Rows
) -> None:
    """What comes back of our own writes makes nobody look again."""
    visit = await book(store, dana)
    await store.appointments.reschedule(visit.id, NOON + 2 * HOUR)
    await settle(store)
    asked = len(google.requests)
    for _ in range(3):
        await store.mirror.sync_once()
        assert await store.relay.run_once() == 0
    assert {name for name, _ in google.requests[asked:]} == {"events.list"}
    assert shown(google) == wanted(rows)


async def test_an_event_people_deleted_cancels_the_visit(
    store: Store, dana: Caller, google: CalendarWorld, rows: Rows
) -> None:
    """The visit is cancelled with that reason, its place is free, and the event stays away."""
    visit = await book(store, dana)
    google.delete_event(CALENDAR_ID, str(visit.calendar_event_id))
    await settle(store)
    assert rows("SELECT status, cancel_reason FROM appointments") == [
        ("cancelled", "cancelled in the calendar")
    ]
    assert shown(google) == []
    assert conflicts(rows) == []


async def test_an_event_people_moved_moves_the_visit(
    store: Store, dana: Caller, google: CalendarWorld, rows: Rows
) -> None:
    """Time and length follow, and a later move of ours is not mistaken for theirs."""
    visit = await book(store, dana)
    move(google, visit, 3, length=1.5)
    await settle(store)
    now = await store.appointments.get(visit.id)
    assert (now.scheduled_at, now.duration_minutes) == (NOON + 3 * HOUR, 90)
    await store.appointments.reschedule(visit.id, NOON)
    await settle(store)
    assert (await store.appointments.get(visit.id)).scheduled_at == NOON
    assert shown(google) == wanted(rows)
    move(google, visit, 3)
    await settle(store)
    assert (await store.appointments.get(visit.id)).scheduled_at == NOON + 3 * HOUR
    assert conflicts(rows) == []


async def test_a_move_to_a_taken_place_is_put_back_and_flagged(
    store: Store, dana: Caller, google: CalendarWorld, rows: Rows, said: list[str]
) -> None:
    """With every bay taken there the visit stays, the event returns, and somebody can read why."""
    for _ in range(2):
        await book(store, dana, 5)
    visit = await book(store, dana)
    move(google, visit, 5)
    await settle(store)
    assert (await store.appointments.get(visit.id)).scheduled_at == NOON
    assert shown(google) == wanted(rows)
    assert conflicts(rows) == [(visit.id, "place_taken")]
    assert "WARNING the visit did not follow the calendar\n" in said


async def test_a_visit_is_not_stretched_over_days(
    store: Store, dana: Caller, google: CalendarWorld, rows: Rows
) -> None:
    """Made an entry for the day, or longer than one, the event gets its time back."""
    visit = await book(store, dana)
    day = {"start": {"date": f"{NOON:%Y-%m-%d}"}, "end": {"date": f"{NOON + 24 * HOUR:%Y-%m-%d}"}}
    google.change_event(CALENDAR_ID, str(visit.calendar_event_id), **day)
    await settle(store)
    assert shown(google) == wanted(rows) == [(visit.calendar_event_id, NOON)]
    move(google, visit, 1, length=30)
    await settle(store)
    assert shown(google) == wanted(rows) == [(visit.calendar_event_id, NOON)]
    assert [kind for _, kind in conflicts(rows)] == ["no_time_of_day", "place_taken"]


async def test_other_edits_stay(store: Store, dana: Caller, google: CalendarWorld) -> None:
    """Title and notes people wrote survive syncs, moves and changes of the visit."""
    visit = await book(store, dana)
    event_id = str(visit.calendar_event_id)
    google.change_event(CALENDAR_ID, event_id, summary="Dana (waits)", description="Call first")
    await settle(store)
    written = writes(google)
    await settle(store)
    assert writes(google) == written
    await store.appointments.reschedule(visit.id, NOON + HOUR)
    await settle(store)
    move(google, visit, 2)
    await settle(store)
    (event,) = google.events(CALENDAR_ID)
    assert (event["summary"], event["description"]) == ("Dana (waits)", "Call first")
    assert (await store.appointments.get(visit.id)).scheduled_at == NOON + 2 * HOUR


async def test_both_sides_moving_end_in_one_place(
    store: Store, dana: Caller, google: CalendarWorld, rows: Rows
) -> None:
    """The caller was told a time, so that one stands; it is noted and does not swing."""
    visit = await book(store, dana)
    await store.appointments.reschedule(visit.id, NOON + 2 * HOUR)
    move(google, visit, 4)
    await settle(store)
    assert (await store.appointments.get(visit.id)).scheduled_at == NOON + 2 * HOUR
    assert shown(google) == wanted(rows)
    assert conflicts(rows) == [(visit.id, "both_moved")]
    written = writes(google)
    await settle(store)
    assert writes(google) == written


async def test_both_sides_moving_to_the_same_time_agree(
    store: Store, dana: Caller, google: CalendarWorld, rows: Rows
) -> None:
    """That is no conflict."""
    visit = await book(store, dana)
    await store.appointments.reschedule(visit.id, NOON + 2 * HOUR)
    move(google, visit, 2)
    await settle(store)
    assert shown(google) == wanted(rows) == [(visit.calendar_event_id, NOON + 2 * HOUR)]
    assert conflicts(rows) == []


async def test_a_move_in_the_middle_of_a_write_is_not_lost(
    store: Store, dana: Caller, google: CalendarWorld, rows: Rows
) -> None:
    """People move the event while notes are being written: the write fails, their move counts."""
    visit = await book(store, dana)
    rows("UPDATE appointments SET notes = 'squeaks'")
    google.hang_next(0.3, operation="events.patch")
    writing = asyncio.create_task(store.relay.run_once())
    async with asyncio.timeout(5):
        while google.faults:  # noqa: ASYNC110 - taken when the request arrives
            await asyncio.sleep(0.01)
    move(google, visit, 4)
    await writing
    await settle(store)
    assert ("events.patch", 412) in google.requests
    assert (await store.appointments.get(visit.id)).scheduled_at == NOON + 4 * HOUR
    assert shown(google) == wanted(rows)
    assert "squeaks" in google.events(CALENDAR_ID)[0]["description"]


async def test_a_lost_answer_is_not_taken_for_peoples_move(
    store: Store, dana: Caller, google: CalendarWorld, rows: Rows
) -> None:
    """Moved at Google, the answer lost, and moved back here: the event is not people's doing."""
    visit = await book(store, dana)
    await store.appointments.reschedule(visit.id, NOON + 2 * HOUR)
    google.fail_next(500, operation="events.patch", after_effect=True)
    await store.relay.run_once()
    await store.appointments.reschedule(visit.id, NOON)
    await settle(store)
    assert shown(google) == wanted(rows) == [(visit.calendar_event_id, NOON)]
    assert conflicts(rows) == []


async def test_a_followed_move_is_followed_once(
    store: Store, dana: Caller, google: CalendarWorld, rows: Rows
) -> None:
    """The visit followed, the event could not be marked, the caller moved back: that stands."""
    visit = await book(store, dana)
    move(google, visit, 3)
    google.fail_next(503, operation="events.patch")
    await store.mirror.sync_once()
    await store.relay.run_once()
    assert (await store.appointments.get(visit.id)).scheduled_at == NOON + 3 * HOUR
    await store.appointments.reschedule(visit.id, NOON)
    await settle(store)
    assert shown(google) == wanted(rows) == [(visit.calendar_event_id, NOON)]
    assert conflicts(rows) == []


async def test_a_lost_answer_to_a_deletion_is_not_taken_for_peoples(
    store: Store, dana: Caller, google: CalendarWorld, rows: Rows
) -> None:
    """Cancelled, deleted with the answer lost, and taken up again: the event comes back."""
    visit = await book(store, dana)
    await store.appointments.cancel(visit.id, None)
    google.fail_next(500, times=2, after_effect=True)
    await store.relay.run_once()
    rows("UPDATE appointments SET status = 'scheduled'")
    await settle(store)
    assert shown(google) == wanted(rows) == [(visit.calendar_event_id, NOON)]


async def test_deleted_by_people_while_the_caller_moved_it(
    store: Store, dana: Caller, google: CalendarWorld, rows: Rows
) -> None:
    """The caller has just been told the new time: the visit stands, the event is shown there."""
    visit = await book(store, dana)
    await store.appointments.reschedule(visit.id, NOON + 2 * HOUR)
    google.delete_event(CALENDAR_ID, str(visit.calendar_event_id))
    await settle(store)
    assert shown(google) == wanted(rows) == [(visit.calendar_event_id, NOON + 2 * HOUR)]
    assert conflicts(rows) == [(visit.id, "deleted_while_moved")]


async def test_orphans_are_removed(
    store: Store, dana: Caller, google: CalendarWorld, rows: Rows
) -> None:
    """Events of ours without a visit, of a dead one, or beside the right one, go; others stay."""
    visit = await book(store, dana)
    dead = await book(store, dana, 2)
    await store.appointments.cancel(dead.id, None)
    await settle(store)
    for number in (999_999, dead.id, visit.id):
        google.add_event(
            CALENDAR_ID,
            start=NOON,
            end=NOON + HOUR,
            extendedProperties={"private": {"appointment_id": str(number)}},
        )
    google.change_event(CALENDAR_ID, str(dead.calendar_event_id), status="confirmed")
    foreign = {"appointment_id": "1", "installation": "another"}
    google.add_event(
        CALENDAR_ID, start=NOON, end=NOON + HOUR, extendedProperties={"private": foreign}
    )
    await settle(store)
    await settle(store)
    private = [e["extendedProperties"]["private"] for e in google.events(CALENDAR_ID)]
    assert sorted(one.get("installation") == "another" for one in private) == [False, True]
    assert visit.calendar_event_id in dict(shown(google))
    ((busy,),) = rows("SELECT count(*) FROM calendar_events WHERE busy")
    assert busy == 1  # another database's visit is for us an entry like people's


async def test_an_orphan_survives_no_failure(
    store: Store, dana: Caller, google: CalendarWorld
) -> None:
    """If its removal fails, the next comparison tries again."""
    private = {"appointment_id": "999999"}
    google.add_event(
        CALENDAR_ID, start=NOON, end=NOON + HOUR, extendedProperties={"private": private}
    )
    google.fail_next(503, operation="events.delete")
    await store.mirror.sync_once()
    assert len(google.events(CALENDAR_ID)) == 1
    await store.mirror.sync_once()
    assert google.events(CALENDAR_ID) == []


async def test_missing_events_are_written_again(
    store: Store, dana: Caller, google: CalendarWorld, rows: Rows
) -> None:
    """Events that Google knows nothing of any more cancel nobody's visit: they are rewritten."""
    for n in range(3):
        await book(store, dana, n)
    google.calendar(CALENDAR_ID).events.clear()
    google.calendar(CALENDAR_ID).versions.clear()
    google.expire_sync_tokens()
    await settle(store)
    await settle(store)
    assert len(shown(google)) == 3
    assert shown(google) == wanted(rows)


async def test_an_event_stripped_of_its_mark_is_known_by_its_id(
    store: Store, dana: Caller, google: CalendarWorld, rows: Rows
) -> None:
    """Replaced as a whole by another program, at another time, it still moves the visit."""
    visit = await book(store, dana)
    start, end = NOON + 3 * HOUR, NOON + 4 * HOUR
    body = {"start": {"dateTime": start.isoformat()}, "end": {"dateTime": end.isoformat()}}
    google.update(CALENDAR_ID, str(visit.calendar_event_id), body)
    await settle(store)
    await settle(store)
    assert shown(google) == wanted(rows) == [(visit.calendar_event_id, start)]
    assert rows("SELECT count(*) FROM calendar_events WHERE busy") == [(0,)]


async def test_a_visit_over_is_not_touched(
    store: Store, dana: Caller, google: CalendarWorld, rows: Rows
) -> None:
    """Deleting the event of a completed visit changes no history."""
    visit = await book(store, dana)
    rows("UPDATE appointments SET status = 'completed'")
    google.delete_event(CALENDAR_ID, str(visit.calendar_event_id))
    await settle(store)
    assert rows("SELECT status FROM appointments") == [("completed",)]


async def test_a_quota_is_respected_by_the_relay(
    store: Store, dana: Caller, google: CalendarWorld, monkeypatch: pytest.MonkeyPatch
) -> None:
    """After Retry-After nothing is written before that time, and then everything is."""
    monkeypatch.setattr(relay_module, "LONGEST_RETRY_AFTER_S", 0.5)
    for n in range(3):
        await store.appointments.book(
            NewAppointment(dana.customer.id, None, "oil_change", NOON + n * HOUR, 60)
        )
    google.fail_next(429, "rateLimitExceeded", times=3, retry_after_s=30)
    await store.relay.run_once()
    asked = len(google.requests)
    assert await store.relay.run_once() == 0
    assert await store.relay.sync_now(1, 5.0) is None
    assert len(google.requests) == asked
    await settle(store)
    assert len(shown(google)) == 3
