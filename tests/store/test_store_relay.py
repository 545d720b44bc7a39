"""Tests of the relay: whatever Google does, calendar and database become equal."""

import asyncio
from datetime import datetime
from typing import Any

import psycopg
import pytest
from store_world import CALENDAR_ID, HOUR, TUESDAY, Caller, Rows

from sandbox.google import CalendarWorld
from shop.types import Appointment
from store import Store
from store import calendar as calendar_module
from store import relay as relay_module
from store.appointments import NewAppointment

pytestmark = pytest.mark.db


@pytest.fixture(autouse=True)
def _hasty(monkeypatch: pytest.MonkeyPatch) -> None:
    """Back-off and leases short enough for a test."""
    monkeypatch.setattr(relay_module, "FIRST_DELAY_S", 0.01)
    monkeypatch.setattr(relay_module, "LONGEST_DELAY_S", 0.05)
    monkeypatch.setattr(relay_module, "LEASE_S", 1)
    monkeypatch.setattr(relay_module, "POLL_S", 0.02)


async def book(store: Store, caller: Caller, hours: int = 0) -> Appointment:
    """Book an oil change so many hours after two on Tuesday."""
    return await store.appointments.book(
        NewAppointment(caller.customer.id, None, "oil_change", TUESDAY + hours * HOUR, 60)
    )


async def settle(store: Store) -> None:
    """Run the relay until nothing is behind."""
    async with asyncio.timeout(30):
        while (await store.relay.waiting())[0]:
            if not await store.relay.run_once():
                await asyncio.sleep(0.02)


def shown(google: CalendarWorld) -> dict[str, datetime]:
    """What the calendar shows: event id to start."""
    return {
        e["id"]: datetime.fromisoformat(e["start"]["dateTime"]) for e in google.events(CALENDAR_ID)
    }


def wanted(rows: Rows) -> dict[Any, Any]:
    """What the database says the calendar should show."""
    return dict(
        rows(
            "SELECT calendar_event_id, scheduled_at FROM appointments"
            " WHERE status IN ('scheduled', 'confirmed')"
        )
    )


async def test_a_visit_appears_with_a_link(
    store: Store, dana: Caller, google: CalendarWorld, rows: Rows
) -> None:
    """After one round the event stands, and the row knows its id and link."""
    visit = await book(store, dana)
    await settle(store)
    (event,) = google.events(CALENDAR_ID)
    found = await store.appointments.get(visit.id)
    assert (found.calendar_event_id, found.calendar_link) == (event["id"], event["htmlLink"])
    assert event["summary"] == "Oil change: Dana Whitfield"
    assert shown(google) == wanted(rows)
    assert await store.relay.run_once() == 0


async def test_moving_cancelling_and_deleting_follow(
    store: Store, dana: Caller, google: CalendarWorld, rows: Rows
) -> None:
    """The event moves with the visit, goes with a cancellation, and comes back with it."""
    visit = await book(store, dana)
    await settle(store)
    await store.appointments.reschedule(visit.id, TUESDAY + HOUR)
    await settle(store)
    assert list(shown(google).values()) == [TUESDAY + HOUR]
    await store.appointments.cancel(visit.id, None)
    await settle(store)
    assert shown(google) == {}
    assert (await store.appointments.get(visit.id)).calendar_link is None
    rows("UPDATE appointments SET status = 'confirmed'")
    await settle(store)
    assert shown(google) == wanted(rows) != {}
    rows("DELETE FROM customers")
    await settle(store)
    assert shown(google) == {}
    assert rows("SELECT count(*) FROM calendar_outbox") == [(0,)]


async def test_a_visit_that_is_over_stays_in_the_calendar(
    store: Store, dana: Caller, google: CalendarWorld, rows: Rows
) -> None:
    """Completing a visit removes nothing."""
    visit = await book(store, dana)
    await settle(store)
    before = await store.appointments.get(visit.id)
    rows("UPDATE appointments SET status = 'completed'")
    await settle(store)
    assert len(shown(google)) == 1
    assert (await store.appointments.get(visit.id)).calendar_link == before.calendar_link


async def test_a_row_inserted_by_hand_is_shown(
    store: Store, dana: Caller, google: CalendarWorld, rows: Rows
) -> None:
    """Another program's insert reaches the calendar as well."""
    rows(
        "INSERT INTO appointments (customer_id, vehicle_id, service_type, scheduled_at,"
        " duration_minutes, status, calendar_event_id, notes)"
        " VALUES (%s, %s, 'unheard_of', %s, 90, 'confirmed', NULL, NULL)",
        dana.customer.id,
        dana.vehicle.id,
        TUESDAY,
    )
    await settle(store)
    (event,) = google.events(CALENDAR_ID)
    assert event["summary"] == "Unheard of: Dana Whitfield, 2019 Honda CR-V"
    assert shown(google) == wanted(rows)


FAULTS: list[dict[str, Any]] = [
    {"status": 409, "reason": "duplicate"},
    {"status": 410, "reason": "deleted"},
    {"status": 412, "reason": "conditionNotMet"},
    {"status": 403, "reason": "rateLimitExceeded"},
    {"status": 429, "reason": "rateLimitExceeded"},
    {"status": 500},
    {"status": 503},
    {"status": 500, "after_effect": True},
]


@pytest.mark.parametrize("fault", FAULTS, ids=lambda fault: "-".join(map(str, fault.values())))
async def test_every_answer_of_google_ends_in_agreement(
    store: Store, dana: Caller, google: CalendarWorld, rows: Rows, fault: dict[str, Any]
) -> None:
    """Three visits, one moved and one cancelled, under a run of failures: in the end equal."""
    visits = [await book(store, dana, n) for n in range(3)]
    google.fail_next(times=4, **fault)
    await settle(store)
    await store.appointments.reschedule(visits[0].id, TUESDAY + 5 * HOUR)
    await store.appointments.cancel(visits[1].id, None)
    google.fail_next(times=4, **fault)
    await settle(store)
    assert shown(google) == wanted(rows)
    assert len(shown(google)) == 2


async def test_a_create_that_lands_late_is_not_left_behind(
    store: Store, dana: Caller, google: CalendarWorld, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A cancellation waits for the slow create before it, and then removes it."""
    monkeypatch.setattr(calendar_module, "WRITE_TIMEOUT_S", 0.1)
    visit = await book(store, dana)
    google.hang_next(0.5, operation="events.insert")
    assert await store.relay.run_once() == 1
    await store.appointments.cancel(visit.id, None)
    monkeypatch.setattr(calendar_module, "WRITE_TIMEOUT_S", 5.0)
    await settle(store)
    assert shown(google) == {}


async def test_two_relays_write_each_event_once(
    store: Store, dana: Caller, google: CalendarWorld, rows: Rows
) -> None:
    """Relays side by side share the work without a second event or a lost one."""
    for n in range(12):
        await book(store, dana, n)
    other = relay_module.Relay(store.pool, store.calendar, {})
    await asyncio.gather(*(one.run_once() for one in (store.relay, other) * 3))
    await settle(store)
    assert shown(google) == wanted(rows)
    assert [name for name, _ in google.requests].count("events.insert") == 12


async def test_a_lease_left_by_a_crash_runs_out(
    store: Store, dana: Caller, google: CalendarWorld, rows: Rows
) -> None:
    """What a killed process had taken is taken up by the next."""
    await book(store, dana)
    rows("UPDATE calendar_outbox SET leased_until = clock_timestamp() + interval '0.3 s'")
    assert await store.relay.run_once() == 0
    await settle(store)
    assert shown(google) == wanted(rows)


async def test_a_waiting_caller_gets_the_link(store: Store, dana: Caller) -> None:
    """`sync_now` writes at once, also beside a running relay, and tells the link."""
    stop = asyncio.Event()
    running = asyncio.create_task(store.relay.run_forever(stop))
    visits = [await book(store, dana, n) for n in range(5)]
    links = [await store.relay.sync_now(visit.id, 5.0) for visit in visits]
    assert all(links)
    assert len(set(links)) == 5
    stop.set()
    await running


async def test_a_caller_does_not_wait_for_a_slow_google(
    store: Store, dana: Caller, google: CalendarWorld, rows: Rows
) -> None:
    """The wait ends without a link, and the event follows by itself."""
    visit = await book(store, dana)
    google.hang_next(0.5)
    assert await store.relay.sync_now(visit.id, 0.1) is None
    await store.relay.close()
    await settle(store)
    assert shown(google) == wanted(rows)


async def test_an_interrupted_caller_does_not_interrupt_the_write(
    store: Store, dana: Caller, google: CalendarWorld, rows: Rows
) -> None:
    """Cancelling the tool in the middle leaves the write to finish."""
    visit = await book(store, dana)
    google.hang_next(0.2)
    waiting = asyncio.create_task(store.relay.sync_now(visit.id, 5.0))
    async with asyncio.timeout(5):
        # The token has been asked for: the write is under way, and the stand-in has no event.
        while not google.requests:  # noqa: ASYNC110
            await asyncio.sleep(0.01)
    waiting.cancel()
    with pytest.raises(asyncio.CancelledError):
        await waiting
    await store.relay.close()
    assert shown(google) == wanted(rows)


async def test_the_relay_survives_the_database(  # noqa: PLR0917 - fixtures
    store: Store,
    dana: Caller,
    google: CalendarWorld,
    rows: Rows,
    database_url: str,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """With every connection cut it goes on as soon as the database answers."""
    monkeypatch.setattr(relay_module, "DATABASE_PAUSE_S", 0.05)
    stop = asyncio.Event()
    running = asyncio.create_task(store.relay.run_forever(stop))
    with psycopg.connect(database_url, autocommit=True) as conn:
        conn.execute(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
            " WHERE datname = current_database() AND pid <> pg_backend_pid()"
        )
    await book(store, dana)
    async with asyncio.timeout(20):
        while (await store.relay.waiting())[0]:  # noqa: ASYNC110 - a database has no event
            await asyncio.sleep(0.02)
    stop.set()
    store.relay.wake()
    await running
    assert shown(google) == wanted(rows)
